"""How fast tinyllm is, beside its peers: what `tinyllm bench` measures. Who calls: cli/bench.py.

Start with subjects.py: what is measured. compare.py lets the sides take turns, worker.py is one
side in a process of its own. Peers come into those processes only; nothing here needs them.
"""
