"""A question as its address holds it."""

from uuid import UUID, uuid4

import pytest

from search.questions.model import MOST_EXAMPLES, MOST_MARKS, Example, Question, QuestionError

OWN = Example("image", 7)


def parsed(**fields):
    return Question.parsed(OWN, fields)


def test_an_address_holds_all_of_a_question():
    # Catches a mark, a picture or a switch that a shared address loses.
    key = uuid4()
    question = (
        Question(OWN)
        .and_also(Example("query", key))
        .and_also(Example("image", 9))
        .switched(1)
        .and_round(likes=[5, 3], unlikes=[8], seen=[])
        .and_round(likes=[4], unlikes=[], seen=[3])
    )
    fields = question.fields()
    assert fields == [
        ("with", f"q{key}"),
        ("with", "i9"),
        ("off", "1"),
        ("marks", "l3.l5.u8"),
        ("marks", "n3.l4"),
    ]
    lists = {name: [v for n, v in fields if n == name] for name, _value in fields}
    assert Question.parsed(OWN, lists) == question
    assert question.marks == {5: "like", 8: "unlike", 4: "like"}
    assert question.marked("like") == [5, 4]
    assert question.asked_with == [OWN, Example("image", 9)]


def test_a_round_says_what_is_new_in_it():
    # Catches rounds that repeat earlier marks, so that movement compares with the same question.
    first = Question(OWN).and_round(likes=[1], unlikes=[2], seen=[])
    assert first.and_round(likes=[1], unlikes=[2], seen=[1, 2]) is first
    second = first.and_round(likes=[2], unlikes=[], seen=[1, 2])
    assert second.rounds[-1] == ((1, None), (2, "like"))
    assert second.before == first
    assert first.before == Question(OWN)
    assert Question(OWN).before is None


def test_what_is_ticked_twice_is_no_mark():
    # Catches "unlike wins": nobody can say what was meant.
    question = Question(OWN).and_round(likes=[1, 2], unlikes=[2], seen=[])
    assert question.marks == {1: "like"}


def test_a_removed_picture_takes_its_switch_with_it():
    # Catches another picture that is switched off because places moved.
    others = tuple(Example("image", pk) for pk in (1, 2, 3))
    question = Question(OWN, others).switched(1).switched(3)
    assert question.without(2).off == {1, 2}
    assert question.without(1).off == {2}
    assert question.without(1).others == others[1:]
    assert question.switched(3).off == {1}


def test_without_any_picture_only_likes_can_be_asked():
    # Catches a search for "unlike that", which has nothing to be near to.
    off = Question(OWN).switched(0)
    assert not off.can_be_asked
    assert not off.and_round(likes=[], unlikes=[4], seen=[]).can_be_asked
    assert off.and_round(likes=[4], unlikes=[], seen=[]).can_be_asked
    assert off.is_composed


@pytest.mark.parametrize(
    "fields",
    [
        {"with": ["x7"]},
        {"with": ["i"]},
        {"with": ["i-1"]},
        {"with": ["q" + "-" * 36]},
        {"with": ["i1", "i" + "9" * 40]},
        {"off": ["-1"]},
        {"off": ["one"]},
        {"marks": ["l"]},
        {"marks": ["l5."]},
        {"marks": ["l5 u6"]},
        {"marks": ["x5"]},
        {"marks": ["l٣"]},
        {"marks": ["l" + "1" * 30]},
        {"with": [f"i{n}" for n in range(MOST_EXAMPLES)]},
        {"marks": [".".join(f"l{n}" for n in range(MOST_MARKS + 1))]},
    ],
)
def test_what_is_no_question_is_refused(fields):
    # Catches addresses that cost a stack trace, or a search without bounds.
    with pytest.raises(QuestionError):
        parsed(**fields)


def test_places_that_do_not_exist_are_no_switch():
    # Catches a question that counts as composed for nothing.
    assert not parsed(off=["5"]).is_composed
    assert parsed(**{"with": ["i3"], "off": ["1", "7"]}).off == {1}


def test_there_is_an_end_of_pictures_and_marks():
    full = parsed(**{"with": [f"i{n}" for n in range(10, 9 + MOST_EXAMPLES)]})
    assert len(full.examples) == MOST_EXAMPLES
    assert full.and_also(full.examples[2]) is full
    with pytest.raises(QuestionError):
        full.and_also(Example("query", UUID(int=1)))
    with pytest.raises(QuestionError):
        Question(OWN).and_round(likes=range(MOST_MARKS + 1), unlikes=[], seen=[])
