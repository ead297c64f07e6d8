"""Recurrent networks: refgrad against PyTorch, live."""

import pytest

BEFORE = """
    nn, first = torch.nn, 0
    def fill(module):
        first = 0
        with torch.no_grad():
            for each in module.parameters():
                numbers = torch.arange(first, first + each.numel(), dtype=torch.float64)
                each.copy_(torch.sin(numbers).reshape(each.shape) * 0.3)
                first += each.numel()
    def shown(x):
        return [round(each, 9) + 0.0 for each in x.detach().reshape(-1).tolist()]
"""
KINDS = (
    "RNN(3, 2)", "RNN(3, 2, nonlinearity='relu', bidirectional=True)", "GRU(3, 2, num_layers=2, bias=False)",
    "GRU(3, 2, batch_first=True)", "LSTM(3, 2)", "LSTM(3, 4, proj_size=2)",
    "LSTM(3, 2, num_layers=2, bidirectional=True, batch_first=True)",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_states_and_gradients(same, kind):
    same(
        BEFORE
        + f"""
    module = nn.{kind}.double()
    fill(module)
    x = torch.sin(torch.arange(18.0, dtype=torch.float64)).reshape(2, 3, 3).requires_grad_()
    made, state = module(x)
    print(module, [name for name, _ in module.named_parameters()], made.shape, shown(made))
    for each in state if isinstance(state, tuple) else (state,):
        print(each.shape, shown(each))
    made.pow(2).sum().backward()
    print(shown(x.grad), [shown(each.grad) for each in module.parameters()])
    print(shown(module(x[0])[0]))
    """
    )


@pytest.mark.parametrize("call", [
    "nn.LSTM(3, 4)(torch.ones(2, 5, 7))", "nn.LSTM(3, 4)(torch.ones(2, 5, 3), torch.ones(1, 5, 4))",
    "nn.GRU(3, 4)(torch.ones(2, 5, 3), torch.ones(1, 4, 4))", "nn.RNN(3, 4, nonlinearity='foo')",
    "nn.LSTM(3, 4)(torch.ones(3))", "nn.RNN(3, 4, dropout=2.0)", "nn.RNN(3, 4, dropout=0.5)", "nn.GRU(3, 0)",
    "nn.LSTM(3, 4)(torch.ones(2, 5, 3).double())", "nn.LSTM(3, 4, proj_size=5)",
])  # fmt: skip
def test_what_does_not_fit_is_refused(same, call):
    same(BEFORE + f"    print(attempt(lambda: {call}))")
