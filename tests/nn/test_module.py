import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm import Tensor, ops
from tinyllm.errors import DtypeError, OptionError, ShapeError
from tinyllm.nn import Dropout, Linear, Module, Parameter
from tinyllm.nn.module import shortened


class Node(Module):
    """A module with whatever attributes it is given."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


class Small(Module):
    def __init__(self):
        self.first = Linear(2, 3, rng=0)
        self.blocks = [Linear(3, 3, bias=False, rng=1), Node(drop=Dropout(0.5, None))]
        self.last = Parameter([1.0, 2.0, 3.0])

    def forward(self, x):
        return (self.blocks[0](self.first(x)) * self.last).sum()


SMALL = {"first.weight": (2, 3), "first.bias": (3,), "blocks.0.weight": (3, 3), "last": (3,)}


def copied(module):
    return {name: array.copy() for name, array in module.state_dict().items()}


def resolve(module, name):
    """Follow an attribute path: "blocks.0.weight"."""
    for key in name.split("."):
        module = module[int(key)] if isinstance(module, list | tuple) else getattr(module, key)
    return module


# -------------------------------------------------------------------- names
def test_names_are_attribute_paths_in_order_of_definition():
    found = [(name, p.shape) for name, p in Small().named_parameters()]
    assert found == list(SMALL.items())


def test_parameters_and_their_count_follow_the_names():
    model = Small()
    assert [p is q for p, (_, q) in zip(model.parameters(), model.named_parameters(), strict=True)]
    assert model.count_parameters() == 6 + 3 + 9 + 3


def test_a_shared_parameter_is_named_once_by_the_first_path():
    table = Parameter(np.ones((2, 2)))
    model = Node(read=Node(weight=table), write=[table, Node(weight=table)], other=Parameter(1.0))
    assert [name for name, _ in model.named_parameters()] == ["read.weight", "other"]
    assert model.count_parameters() == 5


def test_a_shared_module_is_named_once_too():
    layer = Linear(2, 2, rng=0)
    model = Node(a=layer, b=layer)
    assert [name for name, _ in model.named_parameters()] == ["a.weight", "a.bias"]


def test_a_module_that_knows_its_parent_is_no_endless_walk():
    child = Node(weight=Parameter(1.0))
    child.parent = Node(child=child, bias=Parameter(2.0))
    assert [name for name, _ in child.named_parameters()] == ["weight", "parent.bias"]


def test_a_plain_tensor_is_no_parameter():
    assert not Node(table=Tensor([1.0]), size=3, name="weight", nothing=None).parameters()


leaves = st.builds(Parameter, st.lists(st.floats(-1, 1), min_size=1, max_size=3))
names = st.sampled_from(["a", "b", "weight", "layers"])
trees = st.recursive(
    leaves | st.integers() | st.none(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.lists(below, max_size=3).map(tuple)
        | st.dictionaries(names, below, max_size=3).map(lambda attributes: Node(**attributes))
    ),
    max_leaves=12,
)


@given(st.dictionaries(names, trees, min_size=1).map(lambda attributes: Node(**attributes)))
def test_each_name_leads_to_its_parameter(model):
    found = list(model.named_parameters())
    assert all(resolve(model, name) is p for name, p in found)
    assert len({name for name, _ in found}) == len(found)
    assert len({id(p) for _, p in found}) == len(found)


# -------------------------------------------------------------------- training, gradients
def test_train_and_eval_reach_every_module_and_return_the_root():
    model = Small()
    inner = [model, model.first, *model.blocks, model.blocks[1].drop]
    assert all(m.training for m in inner)
    assert model.eval() is model
    assert not any(m.training for m in inner)
    assert model.train() is model
    assert all(m.training for m in inner)
    model.blocks[1].eval()
    assert [m.training for m in inner] == [True, True, True, False, False]


def test_zero_grad_forgets_all_gradients():
    model = Small()
    model(Tensor([[1.0, 2.0]])).backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_a_parameter_wants_gradients_and_does_not_decay_unless_it_says_so():
    assert Parameter([1.0]).requires_grad
    assert not Parameter([1.0]).decay
    assert Parameter([1.0], decay=True).decay


# -------------------------------------------------------------------- state
def test_state_dict_holds_the_parameters_own_arrays():
    model = Small()
    assert all(model.state_dict()[name] is p.data for name, p in model.named_parameters())


def test_a_state_makes_another_model_the_same_and_stays_its_own():
    one, two = Small(), Small()
    one.last.data[...] = 7.0
    two.load_state_dict(one.state_dict())
    np.testing.assert_equal(two.state_dict(), one.state_dict())
    one.last.data[...] = 8.0
    assert two.last.data.tolist() == [7, 7, 7]


def test_the_parameters_keep_their_dtype():
    model = Small()
    model.load_state_dict({n: a.astype(np.float64) for n, a in model.state_dict().items()})
    assert all(p.dtype == np.float32 for p in model.parameters())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda s: s.pop("first.bias"),
            OptionError,
            "load_state_dict: names differ; missing: first.bias; unknown: none. Hint: was it "
            "saved by a model of another kind or with other options?",
        ),
        (
            lambda s: s.update({"x": s["last"], "y": s["last"]}),
            OptionError,
            "missing: none; unknown: x, y.",
        ),
        (
            lambda s: s.update({"first.weigth": s.pop("first.weight")}),
            OptionError,
            "missing: first.weight; unknown: first.weigth.",
        ),
        (
            lambda s: s.update({"last": np.zeros(4)}),
            ShapeError,
            "load_state_dict: last has another shape; got model=(3,), state=(4,).",
        ),
        (
            lambda s: s.update({"last": np.zeros((3, 1))}),
            ShapeError,
            "got model=(3,), state=(3, 1).",
        ),
        (
            lambda s: s.update({"last": np.array(["a", "b", "c"])}),
            DtypeError,
            "load_state_dict: last must hold real numbers; got <U1.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_loaded(change, error, message):
    model = Small()
    before = copied(model)
    state = {name: array + 1 for name, array in before.items()}
    change(state)
    with pytest.raises(error) as caught:
        model.load_state_dict(state)
    assert message in str(caught.value)
    np.testing.assert_equal(model.state_dict(), before)


def test_a_long_list_of_names_is_shortened():
    assert shortened([]) == "none"
    assert shortened(list("abcd")) == "a, b, c, d"
    assert shortened(list("abcdef")) == "a, b, c, d and 2 more"


def test_a_state_loaded_while_a_graph_lives_leaves_its_gradients_alone():
    x = Tensor([[1.0, 2.0]])
    model, reference = Small(), Small()
    loss = model(x)
    model.load_state_dict({name: array + 5 for name, array in copied(model).items()})
    assert model.last.data.tolist() == [6, 7, 8]
    loss.backward()
    reference(x).backward()
    for (name, p), q in zip(model.named_parameters(), reference.parameters(), strict=True):
        np.testing.assert_array_equal(p.grad, q.grad, err_msg=name)


def test_what_is_computed_after_loading_uses_the_new_values():
    model = Small()
    graph = model(Tensor([[1.0, 2.0]]))
    model.load_state_dict({name: np.zeros_like(a) for name, a in model.state_dict().items()})
    assert graph.item() != 0
    assert model(Tensor([[1.0, 2.0]])).item() == 0


def test_a_module_is_called_by_its_forward():
    class Sum(Module):
        def forward(self, *parts, scale=1.0):
            return ops.sum(sum(parts[1:], parts[0])) * scale

    assert Sum()(Tensor([1.0, 2.0]), Tensor([3.0]), scale=2.0).item() == 18
