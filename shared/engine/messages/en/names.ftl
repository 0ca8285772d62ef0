# How money, times and the caller's own names are written in English.

# `number` is already grouped, with the decimals of the currency. A currency without a sign of its own stands before the number
# by its ISO 4217 code.
money = { $currency ->
    [EUR] €{ $number }
    [GBP] £{ $number }
    [ILS] ₪{ $number }
    [INR] ₹{ $number }
    [JPY] ¥{ $number }
    [KRW] ₩{ $number }
    [USD] ${ $number }
   *[other] { $currency }{ "\u00A0" }{ $number }
}

# `month` is 1 to 12.
date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }

# `minute` has two digits.
time = { $hour }:{ $minute }

# `category` is the caller's name, `category-words` the same as words. Only what reads badly as it is needs a line here.
category = { $category ->
    [diy] do-it-yourself
   *[other] { $category-words }
}

# Likewise.
payment-method = { $method ->
    [bnpl] buy now, pay later
   *[other] { $method-words }
}
