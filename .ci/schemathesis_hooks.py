"""What .ci/schemathesis needs to know that JSON Schema cannot say."""

import datetime
import itertools
import json
import os

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

API = os.environ["API"]
HEADERS = {"authorization": f"Bearer {os.environ['TOKEN']}"}

# Rules of the contract that stand in its descriptions, by what a refusal says was expected. A call that breaks one of them is valid
# by the schema alone, and is refused all the same.
BEYOND_THE_SCHEMA = (
    # Decimals and limits of an amount depend on its currency.
    "has no more than",
    "an amount must be above 0",
    # JSON writes some numbers with an exponent, which has no exact decimals.
    "an amount is a plain decimal number",
    # Attempts and purchases are not of the future.
    "it must not be later than now",
    # Of several elements none is about the same as another.
    "each thing at most once",
    "quiet hours end at another time than they begin",
    # A reason is demanded of an override alone.
    "why the customer does not want to wait",
    # A period ends after it begins.
    "a period of 1 to",
)

# Times and days as there are in a history, so that most of what is drawn is let through: any time would be of the future or of
# before 1970 in nearly all cases.
HISTORY = {"min_value": datetime.date(2024, 1, 1), "max_value": datetime.date(2026, 1, 1)}
OFFSETS = st.sampled_from(["Z", "+01:00", "-05:30", "+14:00"])

TIMES = st.builds(
    lambda day, seconds, offset: f"{day}T{str(datetime.timedelta(seconds=seconds)).zfill(8)}{offset}",
    st.dates(**HISTORY),
    st.integers(0, 24 * 60 * 60 - 1),
    OFFSETS,
)
schemathesis.openapi.format("date-time", TIMES)
schemathesis.openapi.format("date", st.dates(**HISTORY).map(str))


@schemathesis.deserializer("text/html", "text/csv")
def as_text(context, response):
    """Pages and tables are texts."""
    return response.text


def told_to_wait(number):
    """An attempt that is told to wait: in a category that its customer does not want to buy in. As the path's parameters."""

    def ask(method, path, body):
        answer = requests.request(method, API + path, headers=HEADERS, json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    customer = f"hesitant-{number}"
    ask("PUT", f"/v1/customers/{customer}/settings", {"blocked_categories": [{"category": "gambling"}]})
    attempt = {
        "customer_id": customer,
        "idempotency_key": "bet",
        "amount": {"value": "20.00", "currency": "EUR"},
        "category": "gambling",
        "payment_method": "debit_card",
        "occurred_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }
    decision = ask("POST", "/v1/attempts", attempt)
    assert decision["action"] == "cool_off", decision
    return {"customer_id": customer, "attempt_id": decision["attempt_id"]}


calls_about_attempts = itertools.count()


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Every second call about an attempt is about one that is there: ids that are drawn are nobody's."""
    is_about_one = "{attempt_id}" in case.path
    path = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
    if is_about_one and path is not None and path.mode.is_positive:
        number = next(calls_about_attempts)
        if number % 2 == 0:
            case.path_parameters = told_to_wait(number)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What is a finding. Two things are none."""
    kind = type(failure).__name__
    # API Gateway's HTTP APIs answer 404, not 405, where no route has the method.
    if kind == "UnsupportedMethodResponse" and response.status_code == 404:
        return False
    # It is the contract's words that refuse the call.
    if kind == "RejectedPositiveData" and response.status_code == 400:
        is_page = "html" in response.headers.get("content-type", [""])[0]
        said = response.content.decode() if is_page else json.loads(response.content)["expected"]
        return not any(rule in said for rule in BEYOND_THE_SCHEMA)
    return True
