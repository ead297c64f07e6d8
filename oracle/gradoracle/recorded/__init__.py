"""PyTorch's answers, recorded: the corpus of programs, one recording for each environment, and how both are kept.

`container` is the file (checksum, header, sections), `errors` what may be wrong with one, `parts` how equal parts are
stored once, `corpus` the programs, `recording` the traces, `recorder` makes a recording, `shipped` finds those that
came with the package.
"""
