"""What the course says by itself, in both languages. Texts on exercises lie in texts/."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "check-it": {
        "en": "Check it:  tinyllm course check {name}      Stuck:  tinyllm course hint {name}",
        "zh": "检查:  tinyllm course check {name}      卡住了:  tinyllm course hint {name}",
    },
    "variant": {"en": "Your variant: {text}", "zh": "你的变体:{text}"},
    "readme-head": {
        "en": (
            "# Your course\n\nWrite the parts of a language model, and train one with them.\n\n"
            "    tinyllm course watch           check whenever you save, and go on\n"
            "    tinyllm course check [NAME]    check one\n"
            "    tinyllm course hint [NAME]     three steps towards the answer\n"
            "    tinyllm course status          how far you are\n"
            "    tinyllm course run CHAPTER     the boss: train with your own code\n\n"
            "The exercises may be done in any order: what you have not written comes from the\n"
            "library.\n"
        ),
        "zh": (
            "# 你的课程\n\n写出语言模型的各个部分,再用它们训练一个模型。\n\n"
            "    tinyllm course watch           每次保存都检查,通过后进入下一题\n"
            "    tinyllm course check [NAME]    检查一道题\n"
            "    tinyllm course hint [NAME]     分三步给出提示\n"
            "    tinyllm course status          查看进度\n"
            "    tinyllm course run CHAPTER     关卡:用你自己的代码训练\n\n"
            "练习可以按任意顺序做:你还没写的部分由库提供。\n"
        ),
    },
    "passed": {"en": "{name}: passed.", "zh": "{name}:通过。"},
    "failed": {"en": "{name}: not yet.", "zh": "{name}:还没有通过。"},
    "expected": {"en": "What must hold: {text}", "zh": "应当成立:{text}"},
    "smallest": {
        "en": "The smallest input that shows it:",
        "zh": "能看出问题的最小输入:",
    },
    "expected-got": {"en": "expected:", "zh": "应为:"},
    "got": {"en": "got:", "zh": "得到:"},
    "differs": {"en": "They differ at {places}.", "zh": "不同之处:{places}。"},
    "likely": {"en": "The likely mistake: {title}", "zh": "可能的错误:{title}"},
    "read": {"en": "Read: {place}", "zh": "阅读:{place}"},
    "printed": {"en": "Your code printed:", "zh": "你的代码输出了:"},
    "untouched": {
        "en": "Nothing is written yet: {file}",
        "zh": "这道题还没有写:{file}",
    },
    "SyntaxError": {
        "en": "Python cannot read the file: {message}",
        "zh": "Python 读不懂这个文件:{message}",
    },
    "Missing": {
        "en": "The file must have a function {function}; it has {message}.",
        "zh": "文件里必须有函数 {function};现有:{message}。",
    },
    "nothing": {"en": "none", "zh": "无"},
    "error": {
        "en": "Your function raised {error}: {message}",
        "zh": "你的函数抛出了 {error}:{message}",
    },
    "Endless": {
        "en": "Your function did not come back within {seconds:.0f} seconds. A loop without end?",
        "zh": "你的函数在 {seconds:.0f} 秒内没有返回。是不是死循环?",
    },
    "Died": {
        "en": "The process with your function ended. Does it call os._exit?",
        "zh": "运行你函数的进程结束了。是否调用了 os._exit?",
    },
    "MemoryError": {
        "en": "Your function wanted more memory than there is. How large do its arrays get?",
        "zh": "你的函数需要的内存太多了。它的数组有多大?",
    },
    "SystemExit": {
        "en": "Your function ended the program, by exit(). It must return its result.",
        "zh": "你的函数用 exit() 结束了程序。它应该返回结果。",
    },
    "ForbiddenError": {
        "en": "Your code does what would give the answer away: {message}.",
        "zh": "你的代码做了会直接得到答案的事:{message}。",
    },
    "TakenError": {
        "en": "Your code calls the library's {function}, and that is what you are to write.",
        "zh": "你的代码调用了库里的 {function},而它正是要你来写的。",
    },
    "RecursionError": {
        "en": "Your function calls itself without end, perhaps by way of the library.",
        "zh": "你的函数不断调用自己,也许是经由库绕了一圈。",
    },
    "changed": {
        "en": "Your function wrote into its arguments. The caller still needs them.",
        "zh": "你的函数改写了它的参数,而调用者还需要它们。",
    },
    "type": {
        "en": "The result has another type: expected {expected}, got {got}.",
        "zh": "结果的类型不对:应为 {expected},得到 {got}。",
    },
    "length": {
        "en": "The result has another number of parts: expected {expected}, got {got}.",
        "zh": "结果的个数不对:应为 {expected},得到 {got}。",
    },
    "shape": {
        "en": "The result has another shape: expected {expected}, got {got}.",
        "zh": "结果的形状不对:应为 {expected},得到 {got}。",
    },
    "dtype": {
        "en": "The result has another dtype: expected {expected}, got {got}.",
        "zh": "结果的 dtype 不对:应为 {expected},得到 {got}。",
    },
    "nan": {
        "en": "There is NaN, not a number, in the result.",
        "zh": "结果里有 NaN(不是数)。",
    },
    "values": {"en": "The values are wrong.", "zh": "数值不对。"},
    "hint": {"en": "Hint {number} of {count}: {text}", "zh": "提示 {number}/{count}:{text}"},
    "hints-taken": {"en": "{count} of 3 hints", "zh": "{count}/3 条提示"},
    "given-up": {"en": "given up", "zh": "已放弃"},
    "next": {"en": "Next: {file}", "zh": "下一题:{file}"},
    "all-done": {"en": "All exercises have passed.", "zh": "所有练习都通过了。"},
    "kept": {"en": "Your file is kept at {file}.", "zh": "你的文件保存在 {file}。"},
    "solution-locked": {
        "en": "The solution is shown after a pass, or with --give-up.",
        "zh": "通过之后,或者加上 --give-up,才会显示答案。",
    },
    "watching": {
        "en": "Watching {file}. Save it to check it; Ctrl-C ends.",
        "zh": "正在监视 {file}。保存即检查;Ctrl-C 结束。",
    },
    "busy": {
        "en": "course: another check of this course is running. Hint: wait, or end it.",
        "zh": "course: 这门课程的另一个检查正在运行。Hint: 请等待,或结束它。",
    },
    "boss-own": {"en": "With your code: {names}", "zh": "使用你的代码:{names}"},
    "boss-none": {
        "en": "None of your functions of this chapter has passed yet: all come from the library.",
        "zh": "这一章你还没有通过的函数:全部使用库里的。",
    },
    "step-title": {"en": "The tape, step by step", "zh": "计算图,一步一步"},
    "step-about": {
        "en": "L = (a · b + a)². Forward, every number is computed and recorded. Backward, each "
        "operation hands its gradient on to what it was made of. The arrow keys work, too.",
        "zh": "L = (a · b + a)²。前向:计算并记录每一个数。反向:每个运算把梯度传给组成它的数。"
        "也可以用方向键。",
    },
    "step-back": {"en": "back", "zh": "后退"},
    "step-forward": {"en": "forward", "zh": "前进"},
    "step-leaf": {"en": "{name} is given: {value}.", "zh": "{name} 是给定的:{value}。"},
    "step-operation": {
        "en": "Forward: {name} = {formula} = {value}. The operation is recorded.",
        "zh": "前向:{name} = {formula} = {value}。这个运算被记录下来。",
    },
    "step-begin": {
        "en": "Backward begins at the end: {name} changes with itself by 1.",
        "zh": "反向从末尾开始:{name} 对自己的变化率是 1。",
    },
    "step-first": {
        "en": "Back through {name} = {formula}: {source} gets {part}.",
        "zh": "反向经过 {name} = {formula}:{source} 得到 {part}。",
    },
    "step-again": {
        "en": "Back through {name} = {formula}: {source} gets {part} more. It was used twice, so "
        "both parts count: {before} + {part} = {total}.",
        "zh": "反向经过 {name} = {formula}:{source} 又得到 {part}。它被用了两次,两部分都要算:"
        "{before} + {part} = {total}。",
    },
    "step-end": {
        "en": "Done. If a grows by a little, L grows by {a} times that; if b does, by {b} times.",
        "zh": "完成。a 增加一点点,L 就增加它的 {a} 倍;b 增加一点点,L 就增加它的 {b} 倍。",
    },
}


def say(language: str, key: str, **values: object) -> str:
    """Return a sentence in a language."""
    return WORDS[key][language].format(**values)
