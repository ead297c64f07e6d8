"""The table of operators. Importing a file of this folder declares its rows."""

import refgrad.operators.declare  # noqa: F401  # first: the files below need it whole
from refgrad.operators import activations as activations
from refgrad.operators import alignment as alignment
from refgrad.operators import arithmetic as arithmetic
from refgrad.operators import attention as attention
from refgrad.operators import binomials as binomials
from refgrad.operators import bounds as bounds
from refgrad.operators import comparisons as comparisons
from refgrad.operators import complex_parts as complex_parts
from refgrad.operators import conversions as conversions
from refgrad.operators import convert as convert
from refgrad.operators import convolution as convolution
from refgrad.operators import distributions as distributions
from refgrad.operators import dropouts as dropouts
from refgrad.operators import examples as examples
from refgrad.operators import exponentials as exponentials
from refgrad.operators import fake_quantize as fake_quantize
from refgrad.operators import fourier as fourier
from refgrad.operators import fractional_pooling as fractional_pooling
from refgrad.operators import gathering as gathering
from refgrad.operators import getitem as getitem
from refgrad.operators import histograms as histograms
from refgrad.operators import joining as joining
from refgrad.operators import ldl as ldl
from refgrad.operators import least_squares as least_squares
from refgrad.operators import legacy_new as legacy_new
from refgrad.operators import linalg_determinants as linalg_determinants
from refgrad.operators import linalg_factorizations as linalg_factorizations
from refgrad.operators import linalg_norms as linalg_norms
from refgrad.operators import linalg_products as linalg_products
from refgrad.operators import linalg_ranks as linalg_ranks
from refgrad.operators import linalg_solving as linalg_solving
from refgrad.operators import linalg_spectra as linalg_spectra
from refgrad.operators import losses as losses
from refgrad.operators import low_rank as low_rank
from refgrad.operators import lu as lu
from refgrad.operators import margins as margins
from refgrad.operators import mathematics as mathematics
from refgrad.operators import matrix as matrix
from refgrad.operators import mixtures as mixtures
from refgrad.operators import native_norms as native_norms
from refgrad.operators import normalizing as normalizing
from refgrad.operators import old_norms as old_norms
from refgrad.operators import ordering as ordering
from refgrad.operators import pooling as pooling
from refgrad.operators import powers as powers
from refgrad.operators import random as random
from refgrad.operators import reducing as reducing
from refgrad.operators import reductions as reductions
from refgrad.operators import removed as removed
from refgrad.operators import rounding as rounding
from refgrad.operators import runs as runs
from refgrad.operators import sampling as sampling
from refgrad.operators import segments as segments
from refgrad.operators import shapes as shapes
from refgrad.operators import sigmoids as sigmoids
from refgrad.operators import slopes as slopes
from refgrad.operators import statistics as statistics
from refgrad.operators import storage as storage
from refgrad.operators import strided as strided
from refgrad.operators import trigonometry as trigonometry
from refgrad.operators import units as units
from refgrad.operators import unpooling as unpooling
from refgrad.operators import views_parts as views_parts
from refgrad.operators import views_written as views_written
from refgrad.operators import weight_norm as weight_norm
from refgrad.operators import window_functions as window_functions
from refgrad.operators import windows as windows

from refgrad.operators import resizing as resizing  # isort: skip  # after windows
from refgrad.operators import interpolating as interpolating  # isort: skip  # after resizing
from refgrad.operators import spectrograms as spectrograms  # isort: skip  # after fourier and windows
from refgrad.operators import views_copied as views_copied  # isort: skip  # after the views
from refgrad.operators import special as special  # isort: skip  # it takes names of the others over
from refgrad.operators import bessel as bessel  # isort: skip  # after special
from refgrad.operators import polynomials as polynomials  # isort: skip
from refgrad.operators import coordinates as coordinates  # isort: skip
from refgrad.operators import embedding as embedding  # isort: skip
from refgrad.operators import rare_methods as rare_methods  # isort: skip
from refgrad.operators import loss_names as loss_names  # isort: skip
from refgrad.operators import small_methods as small_methods  # isort: skip  # it looks names of the others up
from refgrad.operators import out_reductions as out_reductions  # isort: skip
from refgrad.operators import out_forms as out_forms  # isort: skip
