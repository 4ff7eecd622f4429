"""Who completed what: statements become completions by rules kept as data.

facts       what rules look at in a statement
document    rule documents: checked, and ready to be asked (schema.json says what they may say)
evaluate    facts and rules → completions; pure
standing    the rules that stand, and what of courses completions depend on
outcomes    what statements say of how people fared, kept to be asked again
derive      the one writer of completions
consume     new statements, from the feed
follow      identities that turn out otherwise
rework      courses and rules that changed; the full rebuild
read        who completed what, as of then, as known then
changes     of whom and what other completions are known since
rulebook    publishing rules; trial tries one on a sample; starting brings those the hub starts with
"""
