import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import OptionError
from tinyllm.models import TransformerConfig

VALID = {"vocabulary": 65, "context": 64}
sizes = st.integers(1, 1 << 40)
heads = st.integers(1, 64)


@st.composite
def configs(draw):
    h = draw(heads)
    return TransformerConfig(
        vocabulary=draw(sizes),
        context=draw(sizes),
        layers=draw(sizes),
        heads=h,
        width=h * draw(st.integers(1, 64)),
        norm=draw(st.sampled_from(["pre", "post"])),
        dropout=draw(st.floats(0, 1, exclude_max=True)),
    )


@given(configs())
def test_a_config_survives_a_round_trip_through_json(config):
    written = json.dumps(config.to_dict())
    assert TransformerConfig.from_dict(json.loads(written)) == config
    assert list(config.to_dict()) == [f.name for f in dataclasses.fields(config)]


def refusal(**changes):
    with pytest.raises(OptionError) as caught:
        TransformerConfig(**(VALID | changes))
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


@pytest.mark.parametrize("name", ["vocabulary", "context", "layers", "heads", "width"])
@pytest.mark.parametrize("value", [0, -1, 2.0, "4", None, True, math.nan, np.int64(4), [4]])
def test_a_size_that_is_no_whole_number_above_0_is_refused(name, value):
    message = refusal(**{name: value})
    assert message.startswith(f"config: {name} must be a whole number >= 1; got {value!r}. Hint: ")


@pytest.mark.parametrize("value", ["Pre", "", None, 0, ["pre"], {"pre": 1}])
def test_a_norm_that_is_none_is_refused(value):
    message = refusal(norm=value)
    assert message.startswith(f"config: norm must be 'pre' or 'post'; got {value!r}. Hint: ")


@pytest.mark.parametrize("value", [-0.1, 1, 1.0, 50, math.nan, math.inf, "0.1", None])
def test_a_dropout_that_is_no_share_is_refused(value):
    message = refusal(dropout=value)
    rule = f"config: dropout must be at least 0 and below 1; got {value!r}. Hint: "
    assert message.startswith(rule)


@given(st.integers(1, 4096), heads)
def test_a_width_that_heads_cannot_share_is_refused_with_one_that_they_can(width, heads):
    sizes = VALID | {"heads": heads}
    if width % heads == 0:
        assert TransformerConfig(width=width, **sizes).width == width
        return
    message = refusal(width=width, heads=heads)
    assert f"width must be divisible by heads; got width={width}, heads={heads}." in message
    hint = int(message.rpartition("try width=")[2].removesuffix("."))
    assert TransformerConfig(width=hint, **sizes).width == hint
    assert abs(hint - width) < heads


def test_unknown_and_missing_names_are_refused():
    with pytest.raises(OptionError) as caught:
        TransformerConfig.from_dict({"context": 8, "widht": 16, "bias": True})
    message = str(caught.value)
    assert "unknown: bias, widht; missing: vocabulary. Hint: the fields are vocabulary," in message
    with pytest.raises(OptionError, match="unknown: none; missing: context, vocabulary"):
        TransformerConfig.from_dict({})
    with pytest.raises(OptionError, match="unknown: 3, x; missing: none"):
        TransformerConfig.from_dict(VALID | {3: 1, "x": 1})


def test_what_the_constructor_refuses_from_dict_refuses_too():
    with pytest.raises(OptionError, match="config: layers"):
        TransformerConfig.from_dict(VALID | {"layers": 0})


def test_a_config_takes_names_only_and_does_not_change():
    with pytest.raises(TypeError):
        TransformerConfig(65, 64)
    with pytest.raises(dataclasses.FrozenInstanceError):
        TransformerConfig(**VALID).width = 4
