"""What .ci/schemathesis needs to know that JSON Schema cannot say."""

import datetime
import json

import schemathesis
from hypothesis import strategies as st

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
