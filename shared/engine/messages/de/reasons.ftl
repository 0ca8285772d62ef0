# Ein Satz für jeden Grund. Er nennt Tatsachen; `basis` sagt, mit wessen Gewohnheiten verglichen wird: mit den eigenen (`own`),
# solange man sich kaum kennt mit denen anderer (`people`), bei Beträgen auch mit den eigenen in dieser Kategorie (`category`).

amount-multiple = { $multiple }-mal so viel wie { $basis ->
    [people] bei anderen üblich
    [category] dein üblicher Einkauf in der Kategorie „{ category }“
   *[own] dein üblicher Einkauf
} ({ $usual }){ $one-in ->
    [0] { "" }
   *[other] , etwa 1 von { $one-in }
}.
amount-within = { $amount } liegen im Rahmen dessen, was { $basis ->
    [people] bei anderen üblich ist
    [category] bei dir in der Kategorie „{ category }“ üblich ist
   *[own] bei dir üblich ist
} ({ $usual }).

category-share = { $share ->
    [unknown] Noch nicht bekannt: wie viele deiner Einkäufe in die Kategorie „{ category }“ fallen.
    [none] Keiner deiner Einkäufe, die wir kennen, fällt in die Kategorie „{ category }“.
    [little] Weniger als 1{ "\u00A0" }% deiner Einkäufe fallen in die Kategorie „{ category }“.
   *[some] Etwa { $percent }{ "\u00A0" }% deiner Einkäufe fallen in die Kategorie „{ category }“.
}
payment-share = { $share ->
    [unknown] Noch nicht bekannt: wie viele deiner Einkäufe du per „{ payment-method }“ bezahlst.
    [none] Keinen deiner Einkäufe, die wir kennen, hast du per „{ payment-method }“ bezahlt.
    [little] Weniger als 1{ "\u00A0" }% deiner Einkäufe bezahlst du per „{ payment-method }“.
   *[some] Etwa { $percent }{ "\u00A0" }% deiner Einkäufe bezahlst du per „{ payment-method }“.
}

timing-unusual = { $basis ->
    [people] Wenige kaufen zwischen { $hour }:00 und { $hour }:59{ "\u00A0" }Uhr ein.
   *[own] Du kaufst selten zwischen { $hour }:00 und { $hour }:59{ "\u00A0" }Uhr ein.
}
timing-usual = { $basis ->
    [people] Es ist nicht ungewöhnlich, zwischen { $hour }:00 und { $hour }:59{ "\u00A0" }Uhr einzukaufen.
   *[own] Es ist für dich nicht ungewöhnlich, zwischen { $hour }:00 und { $hour }:59{ "\u00A0" }Uhr einzukaufen.
}

velocity-usual = Kaufversuche und Ausgaben der letzten Zeit liegen im Rahmen dessen, was { who } üblich ist.
velocity-attempts = { $attempts } { $attempts ->
    [one] Kaufversuch
   *[other] Kaufversuche
} innerhalb von { $window ->
    [ten-minutes] zehn Minuten
   *[hour] einer Stunde
}, mehr als { who } üblich.
velocity-many = { $window ->
    [day] Mehr Kaufversuche am letzten Tag als { who } üblich.
   *[week] Mehr Kaufversuche in der letzten Woche als { who } üblich.
}
velocity-spending = Damit etwa { $multiple }-mal so viel Geld an einem Tag wie { who } üblich.
who = { $basis ->
    [people] bei anderen
   *[own] bei dir
}

merchant-risky = { $labelled ->
    [one] Von { $labelled } Einkauf bei diesem Händler, von dem wir aus den letzten { $days } Tagen wissen,
   *[other] Von { $labelled } Einkäufen bei diesem Händler, von denen wir aus den letzten { $days } Tagen wissen,
} { $positive ->
    [one] wurde { $positive } nicht anerkannt oder bereut.
   *[other] wurden { $positive } nicht anerkannt oder bereut.
}
merchant-unnamed = Es ist nicht angegeben, welcher Händler das ist.
merchant-new = Wir kennen keinen früheren Einkauf von dir bei diesem Händler.
merchant-known = { $days ->
    [0] Du hast heute schon bei diesem Händler eingekauft.
    [1] Du hast gestern bei diesem Händler eingekauft.
   *[other] Du hast zuletzt vor { $days } Tagen bei diesem Händler eingekauft.
}

history-short = { $purchases ->
    [0] Noch ist kein früherer Einkauf von dir bekannt{ history-disowned }.
    [one] Erst { $purchases } früherer Einkauf von dir ist bekannt{ history-disowned }.
   *[other] Erst { $purchases } frühere Einkäufe von dir sind bekannt{ history-disowned }.
}
history-long = { $purchases } Einkäufe von dir sind seit dem { date } bekannt{ history-disowned }.
history-disowned = { $disowned ->
    [0] { "" }
   *[other] ; { $disowned } hast du nicht anerkannt
}

novel = { $one-in ->
    [0] Alles zusammengenommen gleichen wenige Einkäufe diesem.
   *[other] Alles zusammengenommen gleicht kaum ein Einkauf diesem: etwa 1 von { $one-in }.
}

quiet-opted-out = Du möchtest nicht unterbrochen werden.
quiet-snoozed = Du hast um eine Pause von Hinweisen gebeten.
quiet-hours = Du hast dir um diese Uhrzeit Ruhe gewünscht.

quiet-trivial = Der Betrag ist zu klein, um dich dafür zu unterbrechen.
quiet-late = Um diese Uhrzeit unterbrechen wir nicht wegen Kleinigkeiten.
quiet-week = Wir haben dich diese Woche oft genug unterbrochen.
quiet-gap = Wir haben dich eben erst unterbrochen.
stops-capped = Zuletzt wurden so viele Käufe angehalten, dass dieser es nicht wird.
held-out = Ohne Hinweis gelassen, um zu lernen, ob Hinweise helfen.

limit-category = Damit gibst du diesen Monat { $spent } für { category } aus; dein Limit ist { $limit }.
limit-all = Damit gibst du diesen Monat { $spent } aus; dein Limit ist { $limit }.
blocked = Du wolltest vor { category } bewahrt werden.
blocked-note = Du wolltest vor { category } bewahrt werden (du schriebst: „{ $note }“).
rule = Eine Regel gilt: { $rule }.
