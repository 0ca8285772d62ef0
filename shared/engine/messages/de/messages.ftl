# Was eine Unterbrechung sagt: ein Titel und ein oder zwei Sätze, die auf den auffälligsten Grund folgen. `tone` ist `plain` oder
# `warm`, und jede Vorlage darf es verwenden. Nichts hier gibt Schuld, beschämt oder sagt, was andere tun oder denken würden;
# nichts wird behauptet, was Guardian nicht weiß. Angesprochen wird mit „du“.

several = Mehreres an diesem Einkauf ist etwas ungewöhnlich.

title-plain-information = { $tone ->
    [warm] Ein kurzer Hinweis für dich
   *[plain] Nur zur Information
}
title-reflection = { $tone ->
    [warm] Nimm dir einen Moment
   *[plain] Ein Moment vor dem Bezahlen
}
title-salient-cost = { $tone ->
    [warm] Ein Blick auf die Kosten
   *[plain] Was dich das kostet
}
title-goal-reminder = { $tone ->
    [warm] Denkst du noch an dein Ziel?
   *[plain] Dein Sparziel
}
title-delay = { $tone ->
    [warm] Lass dir Zeit
   *[plain] Du kannst später entscheiden
}
title-alternatives = { $tone ->
    [warm] Eine Idee für dich
   *[plain] Ein anderer Weg dorthin
}
title-protection = Wir haben diese Zahlung angehalten
title-safety = { $tone ->
    [warm] Lass uns kurz auf Nummer sicher gehen
   *[plain] Bitte prüfe diese Zahlung
}

reflection-amount = { $tone ->
    [warm] Würdest du dich auch morgen noch zu diesem Preis darüber freuen?
   *[plain] Ist es dir so viel wert?
}
reflection-category = { $tone ->
    [warm] Worauf freust du dich dabei?
   *[plain] Wofür wirst du es verwenden?
}
reflection-timing = { $tone ->
    [warm] Würdest du dich ausgeschlafen genauso entscheiden?
   *[plain] Würdest du das auch zu einer anderen Tageszeit kaufen?
}
reflection-payment = { $tone ->
    [warm] Passt es für dich, so zu bezahlen?
   *[plain] Möchtest du so bezahlen?
}
reflection-velocity = { $tone ->
    [warm] Waren die letzten Käufe alle von dir, und möchtest du auch diesen gern?
   *[plain] Waren die letzten Käufe alle von dir, und möchtest du auch diesen?
}
reflection-merchant = { $tone ->
    [warm] Hast du ein gutes Gefühl dabei, bei wem du kaufst?
   *[plain] Weißt du, bei wem du kaufst?
}
reflection-other = { $tone ->
    [warm] Fühlt sich das für dich richtig an?
   *[plain] Möchtest du das so?
}
reflection-safety = { $tone ->
    [warm] Bist du es, der oder die hier bezahlt, und vertraust du diesem Händler?
   *[plain] Bezahlst du das selbst, und vertraust du diesem Händler?
}
reflection-note = { $tone ->
    [warm] Für einen Moment wie diesen hast du dir notiert: „{ $note }“
   *[plain] Deine Notiz an dich selbst: „{ $note }“
}

safety-advice = { $tone ->
    [warm] Sieh bitte noch einmal nach, wer das Geld bekommt; hast du diese Zahlung nicht begonnen, bestätige sie nicht.
   *[plain] Prüfe, wer das Geld bekommt; hast du diese Zahlung nicht begonnen, bestätige sie nicht.
}

cost-hours = { $tone ->
    [warm] Bei dem, was du verdienst, { $hours ->
        [one] ist das etwa { $hours } Stunde
       *[other] sind das etwa { $hours } Stunden
    } deiner Arbeit.
   *[plain] Bei deinem Stundeneinkommen { $hours ->
        [one] ist das etwa { $hours } Stunde
       *[other] sind das etwa { $hours } Stunden
    } Arbeit.
}
cost-minutes = { $tone ->
    [warm] Bei dem, was du verdienst, sind das etwa { $minutes } Minuten deiner Arbeit.
   *[plain] Bei deinem Stundeneinkommen sind das etwa { $minutes } Minuten Arbeit.
}
cost-month-within = Damit sind { $percent }{ "\u00A0" }% der { $limit } verbraucht, die du dir diesen Monat { $scope ->
    [category] für die Kategorie „{ category }“
   *[all] insgesamt
} als Grenze gesetzt hast.
cost-month-over = Damit liegst du { $over } über den { $limit }, die du dir diesen Monat { $scope ->
    [category] für die Kategorie „{ category }“
   *[all] insgesamt
} als Grenze gesetzt hast.

goal-started = { $tone ->
    [warm] Du bist auf dem Weg zu „{ $goal }“ und hast schon { $saved } von { $target } gespart.
   *[plain] Du sparst für „{ $goal }“ und hast { $saved } von { $target }.
}
goal-set = { $tone ->
    [warm] Du hast dir „{ $goal }“ vorgenommen und möchtest dafür { $target } sparen.
   *[plain] Du möchtest { $target } für „{ $goal }“ sparen.
}
goal-share = Dieser Einkauf kostet etwa { $percent }{ "\u00A0" }% von dem, was noch fehlt.
goal-whole = Dieser Einkauf kostet mindestens so viel, wie noch fehlt.

delay-day = { $tone ->
    [warm] Du kannst gern bis morgen warten; wenn es eilt, geht es auch jetzt.
   *[plain] Du kannst morgen bestätigen oder, wenn es eilt, gleich.
}
delay-until = { $tone ->
    [warm] Ab dem { date }, { time } kannst du mit frischem Blick bestätigen; wenn es eilt, geht es auch jetzt.
   *[plain] Du kannst ab dem { date }, { time } bestätigen oder, wenn es eilt, gleich.
}
delay-safety = { $tone ->
    [warm] Lass dir Zeit und bestätige es ab dem { date }, { time }, wenn du ihm dann noch vertraust.
   *[plain] Du kannst ab dem { date }, { time } bestätigen, wenn du dem Ganzen dann vertraust.
}

alternatives = { $category ->
    [appliances] Generalüberholte Geräte kosten oft weniger als neue, und mancher Defekt lässt sich reparieren.
    [books] Viele Bücher kann man in einer Bücherei leihen oder gebraucht kaufen.
    [clothing] Viel Kleidung findet sich gebraucht, geliehen oder im Tausch.
    [electronics] Generalüberholte oder gebrauchte Geräte kosten oft weniger als neue.
    [entertainment] An einem anderen Tag oder zu einer anderen Zeit kostet es vielleicht weniger.
    [fashion] Viel Kleidung findet sich gebraucht, geliehen oder im Tausch.
    [food_delivery] Selbst abholen spart meist die Liefergebühr.
    [furniture] Gebrauchte Möbel kosten oft weniger als neue.
    [games] Viele Spiele gibt es gebraucht, geliehen oder später günstiger.
    [gaming] Viele Spiele gibt es gebraucht, geliehen oder später günstiger.
    [gifts] Ein Geschenk kann auch selbst gemacht oder gemeinsam gekauft werden.
    [home] Vieles für zu Hause lässt sich leihen, reparieren oder gebraucht kaufen.
    [marketplace] Dasselbe kostet anderswo oder gebraucht vielleicht weniger.
    [software] Für den Anfang reicht vielleicht eine kostenlose Version oder eine Probezeit.
    [sports] Sportausrüstung kann man oft leihen, mieten oder gebraucht kaufen.
    [subscriptions] Ein einzelner Monat zeigt, ob sich ein längerer Vertrag lohnt.
    [tools] Selten gebrauchtes Werkzeug kann man oft leihen oder mieten.
    [toys] Viel Spielzeug kann man leihen, tauschen oder gebraucht kaufen.
    [travel] An einem anderen Reisetag kostet es vielleicht weniger.
   *[other] Dasselbe kostet anderswo vielleicht weniger oder lässt sich leihen oder gebraucht kaufen.
}
alternatives-compare = { $tone ->
    [warm] Wenn du magst, vergleiche zwei Preise oder schlaf erst eine Nacht darüber.
   *[plain] Du kannst erst zwei Preise vergleichen oder einen Tag warten.
}
alternatives-offer = { $tone ->
    [warm] Bei diesem Preis kann es sich lohnen, ein zweites Angebot einzuholen.
   *[plain] Bei diesem Preis lohnt sich vielleicht ein zweites Angebot.
}

protection = { $tone ->
    [warm] Wenn du es warst, bestätige es bitte bei deiner Bank, dann steht dem nichts im Weg; wenn nicht, wurde nichts bezahlt.
   *[plain] Wenn du das bist, bestätige es bitte bei deiner Bank; wenn nicht, wurde nichts bezahlt.
}
