"""What Stripe asks for, in the organizer's words: each thing once, nothing dropped."""

import pytest

from payments.requirements import needs, reason


def test_fields_that_are_one_thing_to_a_person_are_said_once() -> None:
    assert needs(["representative.first_name", "representative.last_name", "external_account"]) == [
        "The name of the person who represents you",
        "The bank account that is to be paid",
    ]


def test_a_person_and_a_company_are_told_apart() -> None:
    assert needs(
        ["person_1Nv0FGQ9.verification.document", "company.verification.document", "company.address.city"]
    ) == [
        "A photo of an identity document of the person who represents you",
        "A document about the company, for instance from the register",
        "The company's address",
    ]


def test_what_we_have_no_words_for_is_named_and_not_dropped() -> None:
    assert needs(["something.new"]) == ["An answer to “something.new”"]


@pytest.mark.parametrize(
    ("disabled", "begins"),
    [
        ("requirements.past_due", "Something that Stripe asked for is overdue."),
        ("rejected.fraud", "Stripe has turned this account down."),
        ("something.new", "Stripe has switched this account off."),
    ],
)
def test_each_reason_says_what_to_do(disabled: str, begins: str) -> None:
    assert reason(disabled).startswith(begins)


def test_an_account_that_is_on_has_no_reason() -> None:
    assert reason("") == ""
