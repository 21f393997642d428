"""Posterior: the probability of fraud given what a declaration says.

The prior is the probability of fraud before anything is drawn: it depends on the true goods. The
posterior is what somebody could say who knew every parameter of the world and read the form. By
Bayes' rule it is a sum over all that could be behind the form, each with its prior, its
probability, and the density of the declared values. No model can be better on average, whatever it
learns from: given the parameters, the other declarations say nothing more about this one.

Known are all effects and agents (`Effects`, `Population`), the importer, day and partners, and the
declared columns, price and mass before they are rounded. Unknown are the line that the declaration
belongs to, whether it is cover, its true goods, whether the importer cheats, and the scheme.

Approximations, too small to be seen in the calibration of 300,000 declarations:

* When a scheme draws again because it drew what is true (`schemes.N_TRIES`), the other draws keep
  their proportions.
* Cover with false goods takes the risk of the declared goods. The mass of cover is normal.
* A seller that is neither usual nor a cluster's is as likely as any other of its pool or country.
* Where the mass or the mark is false, the risk is that of its expected true value.

Reading order: ``hypotheses`` (what could be behind a form), ``false_goods``, ``partners`` and
``values`` (how probable the form is then), ``bayes`` (the sum).
"""
