"""Requirements: who must be trained in what by when; and what stands in for it.

definition   the document that says it, checked against our JSON Schema (pure)
lifecycle    draft → review → approved → effective → retired
curricula    courses that belong together, taken over when a version goes to review
library      ready-made definitions, each citing its section
waivers      who is freed from a requirement until when
sign_offs    what a qualified evaluator saw
errors       what is refused, and why
"""
