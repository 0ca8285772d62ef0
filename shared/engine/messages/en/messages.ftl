# What an intervention says: a title and one or two sentences, which follow the reason that is most unusual about the attempt.
# `tone` is `plain` or `warm`, and every template may use it. Nothing here blames, shames, or says what others do or would think;
# nothing is said that Guardian does not know.

# What a message begins with where no single reason stands out.
several = Several things about this purchase are slightly unusual.

title-plain-information = { $tone ->
    [warm] A quick heads-up
   *[plain] Just so you know
}
title-reflection = { $tone ->
    [warm] Take a moment
   *[plain] A moment before you pay
}
title-salient-cost = { $tone ->
    [warm] A look at the cost
   *[plain] What this costs you
}
title-goal-reminder = { $tone ->
    [warm] Remember your goal?
   *[plain] Your savings goal
}
title-delay = { $tone ->
    [warm] Take your time
   *[plain] You can decide later
}
title-alternatives = { $tone ->
    [warm] Here is an idea
   *[plain] Another way to get it
}
title-protection = We stopped this payment
# In the place of the others where it may be fraud.
title-safety = { $tone ->
    [warm] Let’s make sure this is safe
   *[plain] Please check this payment
}

# One question, by what is unusual.
reflection-amount = { $tone ->
    [warm] Would you be happy with it at this price tomorrow, too?
   *[plain] Is it worth this much to you?
}
reflection-category = { $tone ->
    [warm] What are you looking forward to using it for?
   *[plain] What will you use it for?
}
reflection-timing = { $tone ->
    [warm] Would you choose the same after a good night’s sleep?
   *[plain] Would you buy this at another time of day, too?
}
reflection-payment = { $tone ->
    [warm] Does it suit you to pay this way?
   *[plain] Is this how you want to pay?
}
reflection-velocity = { $tone ->
    [warm] Did you make all of the latest purchases yourself, and would you like this one as well?
   *[plain] Did you make all of the latest purchases yourself, and do you want this one as well?
}
reflection-merchant = { $tone ->
    [warm] Are you comfortable with who you are buying from?
   *[plain] Do you know who you are buying from?
}
reflection-other = { $tone ->
    [warm] Does this feel right to you?
   *[plain] Is this what you want to do?
}
reflection-safety = { $tone ->
    [warm] Are you the one who is paying here, and do you trust this merchant?
   *[plain] Are you paying this yourself, and do you trust this merchant?
}
# The customer's own words.
reflection-note = { $tone ->
    [warm] You left yourself a note for a moment like this: “{ $note }”
   *[plain] Your note to yourself: “{ $note }”
}

# What to look at before paying, where it may be fraud.
safety-advice = { $tone ->
    [warm] Please take a second look at who gets the money; if you did not start this payment, do not confirm it.
   *[plain] Check who gets the money; if you did not start this payment, do not confirm it.
}

# `hours` of work at the income that the customer stated.
cost-hours = { $tone ->
    [warm] At what you earn, that is about { $hours } { $hours ->
        [one] hour
       *[other] hours
    } of your work.
   *[plain] At your hourly income this is about { $hours } { $hours ->
        [one] hour
       *[other] hours
    } of work.
}
cost-minutes = { $tone ->
    [warm] At what you earn, that is about { $minutes } minutes of your work.
   *[plain] At your hourly income this is about { $minutes } minutes of work.
}
# `scope` is `category` if the limit is for this category only.
cost-month-within = With this, { $percent }% of the { $limit } that you set { $scope ->
    [category] for { category } this month
   *[all] as your limit for this month
} is used.
cost-month-over = With this, you are { $over } over the { $limit } that you set { $scope ->
    [category] for { category } this month
   *[all] as your limit for this month
}.

goal-started = { $tone ->
    [warm] You are on your way to “{ $goal }”, with { $saved } of { $target } saved.
   *[plain] You are saving for “{ $goal }” and have { $saved } of { $target }.
}
goal-set = { $tone ->
    [warm] You have set your mind on “{ $goal }” and want to save { $target }.
   *[plain] You want to save { $target } for “{ $goal }”.
}
goal-share = This purchase costs about { $percent }% of what is still missing.
goal-whole = This purchase costs at least as much as is still missing.

delay-day = { $tone ->
    [warm] You are welcome to confirm it tomorrow; go ahead now if it is urgent.
   *[plain] You can confirm it tomorrow, or go ahead now if it is urgent.
}
delay-until = { $tone ->
    [warm] From { date }, { time } on you can confirm it with a fresh mind; go ahead now if it is urgent.
   *[plain] You can confirm it from { date }, { time } on, or go ahead now if it is urgent.
}
# Where it may be fraud, nobody is told to go ahead.
delay-safety = { $tone ->
    [warm] Take your time and confirm it from { date }, { time } on, if you still trust it then.
   *[plain] You can confirm it from { date }, { time } on, if you trust it then.
}

# Something that is true of any such purchase. Never an advertisement: no shop, no brand, no service by name.
alternatives = { $category ->
    [appliances] Refurbished devices often cost less than new ones, and some faults can be repaired.
    [books] Many books can be borrowed from a library or bought used.
    [clothing] Much clothing can be found used, borrowed or swapped.
    [electronics] Refurbished or used devices often cost less than new ones.
    [entertainment] Another day or time of day may cost less.
    [fashion] Much clothing can be found used, borrowed or swapped.
    [food_delivery] Picking it up yourself usually saves the delivery fee.
    [furniture] Used furniture often costs less than new furniture.
    [games] Many games can be found used, borrowed, or cheaper later.
    [gaming] Many games can be found used, borrowed, or cheaper later.
    [gifts] A gift can also be made, or shared with others who give.
    [home] Many things for the home can be borrowed, repaired or bought used.
    [marketplace] The same thing may cost less elsewhere, or used.
    [software] A free version or a trial may be enough to begin with.
    [sports] Sports equipment can often be borrowed, rented or bought used.
    [subscriptions] A single month shows whether it is worth a longer contract.
    [tools] Tools that are rarely used can often be borrowed or rented.
    [toys] Many toys can be borrowed, swapped or bought used.
    [travel] Another day of travel may cost less.
   *[other] The same thing may cost less elsewhere, or can be borrowed or bought used.
}
alternatives-compare = { $tone ->
    [warm] If you like, compare two prices or sleep on it for a night first.
   *[plain] You can compare two prices or wait for a day first.
}
alternatives-offer = { $tone ->
    [warm] At this price, asking for a second offer may pay off.
   *[plain] At this price a second offer may pay off.
}

protection = { $tone ->
    [warm] If it was you, please confirm it with your bank and we will not stand in your way; if it was not, nothing was paid.
   *[plain] If this is you, please confirm it with your bank; if it is not, nothing was paid.
}
