# One sentence for each reason. They state facts; `basis` says whose habits the attempt is compared with: `own`, or those of
# `people` as long as the customer is hardly known, or for amounts the customer's own in that `category`.

amount-multiple = { $multiple } times { $basis ->
    [people] what people usually spend
    [category] your usual { category } purchase
   *[own] your usual purchase
} ({ $usual }){ $one-in ->
    [0] { "" }
   *[other] , about 1 in { $one-in }
}.
amount-within = { $amount } is within reach of { $basis ->
    [people] what people usually spend
    [category] your usual { category } purchase
   *[own] your usual purchase
} ({ $usual }).

# `share` says what is known of it; only where it is `some` does `percent` count.
category-share = { $share ->
    [unknown] Not known yet: how many of your purchases are in { category }.
    [none] None of your purchases we know are in { category }.
    [little] Less than 1% of your purchases are in { category }.
   *[some] About { $percent }% of your purchases are in { category }.
}
payment-share = { $share ->
    [unknown] Not known yet: how many of your purchases are paid by { payment-method }.
    [none] None of your purchases we know are paid by { payment-method }.
    [little] Less than 1% of your purchases are paid by { payment-method }.
   *[some] About { $percent }% of your purchases are paid by { payment-method }.
}

timing-unusual = { $basis ->
    [people] Few people buy between { $hour }:00 and { $hour }:59.
   *[own] You rarely buy between { $hour }:00 and { $hour }:59.
}
timing-usual = { $basis ->
    [people] It is not unusual to buy between { $hour }:00 and { $hour }:59.
   *[own] It is not unusual for you to buy between { $hour }:00 and { $hour }:59.
}

velocity-usual = Attempts and money of late are within reach of what is usual for { who }.
velocity-attempts = { $attempts } purchase { $attempts ->
    [one] attempt
   *[other] attempts
} within { $window ->
    [ten-minutes] ten minutes
   *[hour] an hour
}, more than { who } usually make.
velocity-many = { $window ->
    [day] More purchase attempts in the last day than { who } usually make.
   *[week] More purchase attempts in the last week than { who } usually make.
}
velocity-spending = With this, about { $multiple } times what { who } usually spend in a day.
who = { $basis ->
    [people] people
   *[own] you
}

merchant-risky = Of { $labelled } { $labelled ->
    [one] purchase
   *[other] purchases
} at this merchant in the last { $days } days that we were told about, { $positive } { $positive ->
    [one] was
   *[other] were
} disowned or regretted.
merchant-unnamed = It is not said which merchant this is.
merchant-new = We do not know of an earlier purchase of yours at this merchant.
merchant-known = { $days ->
    [0] You bought at this merchant earlier today.
    [1] You bought at this merchant yesterday.
   *[other] You last bought at this merchant { $days } days ago.
}

history-short = { $purchases ->
    [0] No earlier purchase of yours is known yet{ history-disowned }.
    [one] Only { $purchases } earlier purchase of yours is known yet{ history-disowned }.
   *[other] Only { $purchases } earlier purchases of yours are known yet{ history-disowned }.
}
# Never of one purchase alone.
history-long = { $purchases } purchases of yours are known since { date }{ history-disowned }.
history-disowned = { $disowned ->
    [0] { "" }
   *[other] ; you disowned { $disowned }
}

novel = { $one-in ->
    [0] Taken together, few purchases are like this one.
   *[other] Taken together, hardly any purchase is like this one: about 1 in { $one-in }.
}

quiet-opted-out = You asked not to be interrupted.
quiet-snoozed = You asked for a pause from interruptions.
quiet-hours = You asked for quiet at this hour.

# Restraint.
quiet-trivial = The amount is too small to interrupt you for.
quiet-late = It is an hour at which we do not interrupt for little.
quiet-week = We interrupted you often enough this week.
quiet-gap = We interrupted you only a moment ago.
stops-capped = So many purchases were stopped lately that this one is not.
held-out = Kept without a message, to learn whether messages help.

# What the customer set themselves, and what the operator did.
limit-category = With this you spend { $spent } on { category } this month; your limit is { $limit }.
limit-all = With this you spend { $spent } this month; your limit is { $limit }.
blocked = You asked to be kept from { category }.
blocked-note = You asked to be kept from { category } (you wrote: “{ $note }”).
rule = A rule applies: { $rule }.
