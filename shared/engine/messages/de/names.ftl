# Wie Geld, Zeiten und die eigenen Namen der aufrufenden Stelle auf Deutsch geschrieben werden.

# `number` ist schon gruppiert und hat die Nachkommastellen der Währung. Eine Währung ohne eigenes Zeichen steht mit ihrem Kürzel
# nach ISO 4217 hinter der Zahl.
money = { $currency ->
    [EUR] { $number }{ "\u00A0" }€
    [GBP] { $number }{ "\u00A0" }£
    [ILS] { $number }{ "\u00A0" }₪
    [INR] { $number }{ "\u00A0" }₹
    [JPY] { $number }{ "\u00A0" }¥
    [KRW] { $number }{ "\u00A0" }₩
    [USD] { $number }{ "\u00A0" }$
   *[other] { $number }{ "\u00A0" }{ $currency }
}

date = { $day }.{ $month }.{ $year }

time = { $hour }:{ $minute }{ "\u00A0" }Uhr

category = { $category ->
    [appliances] Haushaltsgeräte
    [books] Bücher
    [clothing] Kleidung
    [coffee] Kaffee
    [cosmetics] Kosmetik
    [diy] Heimwerken
    [electronics] Elektronik
    [entertainment] Unterhaltung
    [fashion] Mode
    [food_delivery] Lieferessen
    [fuel] Tanken
    [furniture] Möbel
    [gambling] Glücksspiel
    [games] Spiele
    [gaming] Spiele
    [gifts] Geschenke
    [groceries] Lebensmittel
    [health] Gesundheit
    [home] Wohnen
    [insurance] Versicherungen
    [jewellery] Schmuck
    [jewelry] Schmuck
    [marketplace] Online-Marktplatz
    [music] Musik
    [pharmacy] Apotheke
    [rent] Miete
    [restaurants] Restaurants
    [software] Software
    [sports] Sport
    [subscriptions] Abos
    [tools] Werkzeug
    [toys] Spielzeug
    [transport] Fahrten
    [travel] Reisen
    [utilities] Strom, Gas und Wasser
   *[other] { $category-words }
}

payment-method = { $method ->
    [bank_transfer] Überweisung
    [bnpl] Kauf auf Raten oder Rechnung
    [card] Karte
    [cash] Bargeld
    [credit_card] Kreditkarte
    [debit_card] Debitkarte
    [direct_debit] Lastschrift
    [invoice] Rechnung
    [wallet] Wallet
   *[other] { $method-words }
}
