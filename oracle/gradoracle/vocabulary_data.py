"""The reviewed lists of what programs may name; `gradoracle.vocabulary` gives them their meaning.

Taken from PyTorch 2.13.0, without whatever touches files, processes, the network, serialised code, other devices'
libraries, addresses of memory, or settings that outlive a program and that nothing resets.
"""

TORCH = """
    BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor Generator HalfTensor IntTensor
    LongTensor ShortTensor Size Tensor abs abs_ absolute acos acos_ acosh acosh_ adaptive_avg_pool1d
    adaptive_max_pool1d add addbmm addcdiv addcmul addmm addmv addmv_ addr adjoint affine_grid_generator alias_copy
    all allclose alpha_dropout amax amin aminmax angle any arange arccos arccos_ arccosh arccosh_ arcsin arcsin_
    arcsinh arcsinh_ arctan arctan2 arctan_ arctanh arctanh_ are_deterministic_algorithms_enabled argmax argmin
    argsort argwhere as_strided as_strided_ as_strided_copy as_strided_scatter as_tensor asarray asin asin_ asinh
    asinh_ atan atan2 atan_ atanh atanh_ atleast_1d atleast_2d atleast_3d avg_pool1d baddbmm bartlett_window
    batch_norm bernoulli bfloat16 bilinear binary_cross_entropy_with_logits bincount binomial bitwise_and
    bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman_window block_diag bmm bool
    broadcast_shapes broadcast_tensors broadcast_to bucketize can_cast cartesian_prod cat cdist cdouble ceil ceil_
    celu celu_ cfloat chain_matmul chalf channel_shuffle channels_last channels_last_3d cholesky cholesky_inverse
    cholesky_solve chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip clip_ clone column_stack
    combinations complex complex128 complex32 complex64 concat concatenate conj conj_physical conj_physical_
    constant_pad_nd contiguous_format conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
    convolution copysign corrcoef cos cos_ cosh cosh_ cosine_embedding_loss cosine_similarity count_nonzero cov
    cross ctc_loss cummax cummin cumprod cumsum cumulative_trapezoid deg2rad deg2rad_ det detach detach_ detach_copy
    device diag diag_embed diagflat diagonal diagonal_copy diagonal_scatter diff digamma dist div divide dot double
    dropout dropout_ dsplit dstack dtype e einsum embedding embedding_bag embedding_renorm_ empty empty_like
    empty_permuted empty_strided enable_grad eq equal erf erf_ erfc erfc_ erfinv exp exp2 exp2_ exp_ expand_copy
    expm1 expm1_ eye fake_quantize_per_channel_affine fake_quantize_per_tensor_affine fill fill_ finfo fix fix_
    flatten flip fliplr flipud float float16 float32 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2
    float8_e5m2fnuz float8_e8m0fnu float_power floor floor_ floor_divide fmax fmin fmod frac frac_ frexp
    frobenius_norm from_numpy full full_like gather gcd gcd_ ge geqrf ger get_default_dtype gradient greater
    greater_equal grid_sampler grid_sampler_2d grid_sampler_3d group_norm gt half hamming_window hann_window
    hardshrink heaviside hinge_embedding_loss histc histogram histogramdd hsplit hstack hypot i0 i0_ igamma igammac
    iinfo imag index_add index_copy index_fill index_put index_put_ index_reduce index_select inf inference_mode
    inner instance_norm int int16 int32 int64 int8 inverse is_anomaly_check_nan_enabled is_anomaly_enabled
    is_complex is_conj is_deterministic_algorithms_warn_only_enabled is_floating_point is_grad_enabled is_inference
    is_inference_mode_enabled is_neg is_nonzero is_signed is_tensor isclose isfinite isin isinf isnan isneginf
    isposinf isreal istft kaiser_window kl_div kron kthvalue layer_norm layout lcm lcm_ ldexp ldexp_ le
    legacy_contiguous_format lerp less less_equal lgamma linspace log log10 log10_ log1p log1p_ log2 log2_ log_
    log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_or logical_xor logit logit_
    logspace logsumexp long lt lu lu_solve lu_unpack manual_seed margin_ranking_loss masked_fill masked_scatter
    masked_select matmul matrix_exp matrix_power max max_pool1d max_pool1d_with_indices max_pool2d max_pool3d
    maximum mean median memory_format meshgrid min minimum mm mode moveaxis movedim msort mul multinomial multiply
    mv mvlgamma nan nan_to_num nan_to_num_ nanmean nanmedian nanquantile nansum narrow narrow_copy native_dropout ne
    neg neg_ negative negative_ newaxis nextafter no_grad nonzero nonzero_static norm normal not_equal nuclear_norm
    numel ones ones_like orgqr ormqr outer pairwise_distance pdist permute permute_copy pi pinverse pixel_shuffle
    pixel_unshuffle poisson poisson_nll_loss polar polygamma positive pow prelu preserve_format prod promote_types
    put qr rad2deg rad2deg_ rand rand_like randint randint_like randn randn_like randperm range ravel real
    reciprocal reciprocal_ relu relu_ remainder renorm repeat_interleave reshape resize_as_ resolve_conj resolve_neg
    result_type rms_norm roll rot90 round round_ row_stack rrelu rrelu_ rsqrt rsqrt_ rsub scalar_tensor scatter
    scatter_add scatter_reduce searchsorted segment_reduce select select_copy select_scatter selu selu_
    set_anomaly_enabled set_default_dtype set_grad_enabled sgn short sigmoid sigmoid_ sign signbit sin sin_ sinc
    sinc_ sinh sinh_ slice_copy slice_scatter slogdet softmax sort sparse_coo sparse_coo_tensor split split_copy
    split_with_sizes split_with_sizes_copy sqrt sqrt_ square square_ squeeze squeeze_copy stack std std_mean stft
    strided sub subtract sum svd swapaxes swapdims t t_copy take take_along_dim tan tan_ tanh tanh_ tensor
    tensor_split tensordot threshold threshold_ tile topk trace transpose transpose_copy trapezoid trapz
    triangular_solve tril tril_indices triplet_margin_loss triu triu_indices true_divide trunc trunc_ uint16 uint32
    uint64 uint8 unbind unbind_copy unflatten unfold_copy unique unique_consecutive unravel_index unsafe_chunk
    unsafe_split unsafe_split_with_sizes unsqueeze unsqueeze_copy use_deterministic_algorithms vander var var_mean
    vdot view_as_complex view_as_complex_copy view_as_real view_as_real_copy view_copy vmap vsplit vstack where
    xlogy xlogy_ zero_ zeros zeros_like
"""

FUNCTIONAL = """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
    adaptive_max_pool3d affine_grid alpha_dropout avg_pool1d avg_pool2d avg_pool3d batch_norm bilinear
    binary_cross_entropy binary_cross_entropy_with_logits celu celu_ channel_shuffle conv1d conv2d conv3d
    conv_transpose1d conv_transpose2d conv_transpose3d cosine_embedding_loss cosine_similarity cross_entropy
    ctc_loss dropout dropout1d dropout2d dropout3d elu elu_ embedding embedding_bag fold fractional_max_pool2d
    fractional_max_pool3d gaussian_nll_loss gelu glu grid_sample group_norm gumbel_softmax hardshrink hardsigmoid
    hardswish hardtanh hardtanh_ hinge_embedding_loss huber_loss instance_norm interpolate kl_div l1_loss layer_norm
    leaky_relu leaky_relu_ linear local_response_norm log_softmax logsigmoid lp_pool1d lp_pool2d lp_pool3d
    margin_ranking_loss max_pool1d max_pool2d max_pool3d max_unpool1d max_unpool2d max_unpool3d mish mse_loss
    multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss normalize one_hot pad
    pairwise_distance pdist pixel_shuffle pixel_unshuffle poisson_nll_loss prelu relu relu6 relu_ rms_norm rrelu
    rrelu_ scaled_dot_product_attention selu selu_ sigmoid silu smooth_l1_loss soft_margin_loss softmax softmin
    softplus softshrink softsign tanh tanhshrink threshold threshold_ triplet_margin_loss
    triplet_margin_with_distance_loss unfold
"""

LINALG = """
    LinAlgError cholesky cholesky_ex cond cross det diagonal eig eigh eigvals eigvalsh householder_product inv
    inv_ex ldl_factor ldl_factor_ex ldl_solve lstsq lu lu_factor lu_factor_ex lu_solve matmul matrix_exp matrix_norm
    matrix_power matrix_rank multi_dot norm pinv qr slogdet solve solve_ex solve_triangular svd svdvals tensorinv
    tensorsolve vander vecdot vector_norm
"""

SPECIAL = """
    airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t chebyshev_polynomial_u
    chebyshev_polynomial_v chebyshev_polynomial_w digamma entr erf erfc erfcx erfinv exp2 expit expm1 gammainc
    gammaincc gammaln hermite_polynomial_h hermite_polynomial_he i0 i0e i1 i1e laguerre_polynomial_l
    legendre_polynomial_p log1p log_ndtr log_softmax logit logsumexp modified_bessel_i0 modified_bessel_i1
    modified_bessel_k0 modified_bessel_k1 multigammaln ndtr ndtri polygamma psi round scaled_modified_bessel_k0
    scaled_modified_bessel_k1 shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u
    shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w sinc softmax spherical_bessel_j0 xlog1py xlogy
    zeta
"""

FFT = """
    fft fft2 fftfreq fftn fftshift hfft hfft2 hfftn ifft ifft2 ifftn ifftshift ihfft ihfft2 ihfftn irfft irfft2
    irfftn rfft rfft2 rfftfreq rfftn
"""

FUNC = """
    debug_unwrap functional_call functionalize grad grad_and_value hessian jacfwd jacrev jvp linearize rearrange vjp
    vmap
"""

AUTOGRAD = """
    Function NestedIOFunction SavedTensor Variable anomaly_mode.detect_anomaly anomaly_mode.set_detect_anomaly
    backward detect_anomaly enable_grad enforce_grad_layout_policy forward_ad.UnpackedDualTensor
    forward_ad._is_fwd_grad_enabled forward_ad._set_fwd_grad_enabled
    forward_ad.dual_level forward_ad.enter_dual_level forward_ad.exit_dual_level forward_ad.make_dual
    forward_ad.unpack_dual function.BackwardCFunction function.Function function.FunctionCtx function.FunctionMeta
    function.InplaceFunction function.NestedIOFunction function.once_differentiable functional.hessian
    functional.hvp functional.jacobian functional.jvp functional.vhp functional.vjp grad grad_mode.enable_grad
    grad_mode.enforce_grad_layout_policy grad_mode.inference_mode grad_mode.no_grad grad_mode.set_grad_enabled
    grad_mode.set_multithreading_enabled gradcheck gradgradcheck graph.GradientEdge graph.Node
    graph.allow_mutation_on_saved_tensors graph.disable_saved_tensors_hooks graph.get_gradient_edge
    graph.increment_version graph.region_activation_memory_budget graph.register_multi_grad_hook graph.save_on_cpu
    graph.saved_tensors_hooks inference_mode is_multithreading_enabled no_grad set_detect_anomaly set_grad_enabled
    set_multithreading_enabled variable
"""

OTHER = """
    _C._current_autograd_node _C._current_graph_task_id _C._functions.AccumulateGrad _C._functions.DelayedError
    _C._functions.UndefinedGrad _C._increment_version _C._will_engine_execute_node nn.Parameter nn.parameter.Parameter
    utils.checkpoint.CheckpointError utils.checkpoint.CheckpointFunction utils.checkpoint.GraphExecGroup
    utils.checkpoint.check_backward_validity utils.checkpoint.checkpoint utils.checkpoint.checkpoint_sequential
    utils.checkpoint.detach_variable utils.checkpoint.get_device_states utils.checkpoint.set_device_states
    utils.checkpoint.DefaultDeviceType.get_device_type utils.hooks.unserializable_hook from_dlpack
    utils.checkpoint.noop_context_fn utils.checkpoint.set_checkpoint_debug_enabled
    utils.checkpoint.set_checkpoint_early_stop
"""

MATH = """
    acos asin atan atan2 ceil comb copysign cos cosh degrees e erf erfc exp expm1 fabs floor fmod fsum gamma gcd hypot
    inf isclose isfinite isinf isnan lgamma log log10 log1p log2 nan pi pow prod radians sin sinh sqrt tan tanh tau
    trunc
"""

BUILTINS = """
    ArithmeticError AssertionError AttributeError DeprecationWarning Exception FutureWarning IndexError KeyError
    LookupError NameError NotImplementedError OverflowError RuntimeError StopIteration TypeError UserWarning
    ValueError Warning ZeroDivisionError abs all any bool callable complex deepcopy dict divmod enumerate filter
    float hasattr int isinstance iter len list map max min next pow print range repr reversed round set slice sorted str
    sum tuple type zip
"""

TENSOR = """
    H T abs abs_ absolute absolute_ acos acos_ acosh acosh_ add add_ addbmm addbmm_ addcdiv addcdiv_ addcmul
    addcmul_ addmm addmm_ addmv addmv_ addr addr_ adjoint all allclose amax amin aminmax angle any arccos arccos_
    arccosh arccosh_ arcsin arcsin_ arcsinh arcsinh_ arctan arctan2 arctan2_ arctan_ arctanh arctanh_ argmax argmin
    argsort argwhere as_strided as_strided_ as_strided_scatter asin asin_ asinh asinh_ atan atan2 atan2_ atan_ atanh
    atanh_ backward baddbmm baddbmm_ bernoulli bernoulli_ bfloat16 bincount bitwise_and bitwise_and_
    bitwise_left_shift bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or bitwise_or_ bitwise_right_shift
    bitwise_right_shift_ bitwise_xor bitwise_xor_ bmm bool broadcast_to byte cauchy_ cdouble ceil ceil_ cfloat chalf
    char cholesky cholesky_inverse cholesky_solve chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip
    clip_ clone coalesce conj conj_physical conj_physical_ contiguous copy_ copysign copysign_ corrcoef cos cos_
    cosh cosh_ count_nonzero cov cpu cross cuda cummax cummin cumprod cumprod_ cumsum cumsum_ data deg2rad deg2rad_
    det detach detach_ device diag diag_embed diagflat diagonal diagonal_scatter diff digamma digamma_ dim dist div
    div_ divide divide_ dot double dsplit dtype element_size eq eq_ equal erf erf_ erfc erfc_ erfinv erfinv_ exp
    exp2 exp2_ exp_ expand expand_as expm1 expm1_ exponential_ fill_ fill_diagonal_ fix fix_ flatten flip fliplr
    flipud float float_power float_power_ floor floor_ floor_divide floor_divide_ fmax fmin fmod fmod_ frac frac_
    frexp gather gcd gcd_ ge ge_ geometric_ geqrf ger grad grad_dtype grad_fn greater greater_ greater_equal
    greater_equal_ gt gt_ half hardshrink heaviside heaviside_ histc histogram hsplit hypot hypot_ i0 i0_ igamma
    igamma_ igammac igammac_ imag index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_put
    index_put_ index_reduce index_reduce_ index_select indices inner int inverse is_coalesced is_complex is_conj
    is_contiguous is_cpu is_cuda is_floating_point is_inference is_leaf is_neg is_nonzero is_same_size is_set_to
    is_signed is_sparse isclose isfinite isinf isnan isneginf isposinf isreal istft item itemsize kron kthvalue lcm
    lcm_ ldexp ldexp_ le le_ lerp lerp_ less less_ less_equal less_equal_ lgamma lgamma_ log log10 log10_ log1p
    log1p_ log2 log2_ log_ log_normal_ log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_and_
    logical_not logical_not_ logical_or logical_or_ logical_xor logical_xor_ logit logit_ logsumexp long lt lt_ lu
    lu_solve mH mT masked_fill masked_fill_ masked_scatter masked_scatter_ masked_select matmul matrix_exp
    matrix_power max maximum mean median min minimum mm mode moveaxis movedim msort mul mul_ multinomial multiply
    multiply_ mv mvlgamma mvlgamma_ nan_to_num nan_to_num_ nanmean nanmedian nanquantile nansum narrow narrow_copy
    ndim ndimension ne ne_ neg neg_ negative negative_ nelement new_empty new_empty_strided new_full new_ones
    new_tensor new_zeros nextafter nextafter_ nonzero nonzero_static norm normal_ not_equal not_equal_ numel numpy
    orgqr ormqr outer output_nr permute pinverse polygamma polygamma_ positive pow pow_ prelu prod put put_ qr
    quantile rad2deg rad2deg_ random_ ravel real reciprocal reciprocal_ register_hook register_post_accumulate_grad_hook
    reinforce relu relu_ remainder remainder_ renorm renorm_ repeat repeat_interleave requires_grad requires_grad_
    reshape reshape_as resize_ resize_as_ resolve_conj resolve_neg retain_grad retains_grad roll rot90 round round_
    rsqrt
    rsqrt_ scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ select select_scatter set_ sgn
    sgn_ shape short sigmoid sigmoid_ sign sign_ signbit sin sin_ sinc sinc_ sinh sinh_ size slice_scatter slogdet
    softmax sort split split_with_sizes sqrt sqrt_ square square_ squeeze squeeze_ std stft storage_offset stride
    sub sub_ subtract subtract_ sum sum_to_size svd swapaxes swapaxes_ swapdims swapdims_ t t_ take take_along_dim
    tan tan_ tanh tanh_ tensor_split tile to to_dense to_sparse tolist topk trace transpose transpose_
    triangular_solve tril tril_ triu triu_ true_divide true_divide_ trunc trunc_ type type_as unbind unflatten
    unfold uniform_ unique unique_consecutive unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze unsqueeze_
    values var vdot view view_as vsplit where xlogy xlogy_ zero_
"""

AUTOGRAD_ATTRIBUTES = """
    apply backward batch_size boxed_grads_call clear_saved_tensors_on_access dirty_tensors forward func
    generate_vmap_rule id input_nr jvp mark_dirty mark_non_differentiable mark_shared_storage materialize_grads metadata
    name needs_input_grad next_functions node non_differentiable output_nr prev randomness register_hook register_hooks
    register_prehook remove save_for_backward save_for_forward saved_for_forward saved_tensors saved_variables
    set_materialize_grads setup_context to_save unpack unpack_hook variable vjp vmap
"""

UNDERSCORED = """
    _backward_hooks _base _conj _grad _grad_fn _indices _input_metadata _is_view _neg_view _nnz
    _post_accumulate_grad_hooks _register_hook_dict _sequence_nr _set_sequence_nr _use_count _values _version
"""

UNDERSCORED_PREFIXES = """
    _saved_ _raw_saved_
"""

RESULTS = """
    L LD LU P Q R S U V Vh bin_edges bits count eigenvalues eigenvectors eps exponent hist indices info
    logabsdet mantissa pivots primal rank residuals resolution sign smallest_normal singular_values solution tangent
    tau tiny to_complex to_real
"""

LANGUAGE = """
    add append args clear copy count endswith extend get imag index insert is_integer items join keys lower lstrip
    manual_seed numerator pop popitem real remove replace reverse rstrip setdefault sort split startswith strip title
    union update upper values
"""

FIELDS = """
    a alpha axis b base beta bias c calls cond const constant cotangent count d decay delta dims exponent extra factor
    flag gamma group h i init inplace input_shape inputs j k kind label lam lambda_ lr lower margin mask max_val
    min_val mode momentum mu n need neg_slope non_tensor num number order output outputs p param params power q
    reduction result s scalar scale shapes shift sigma slope start state step steps stop temperature temp theta
    threshold tol training upper value version_at w weight x x_shape y y_shape z
"""
