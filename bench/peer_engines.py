"""The peers: one function each, which loads a workload and returns what runs it once.

Only the engine itself is imported inside, so that a process holds one engine. All compute in f32
and may know the picture's size beforehand.
"""

import numpy as np


def ncnn(workload, threads):
    import ncnn as library

    net = library.Net()
    net.opt.num_threads = threads
    for option in (
        "use_fp16_packed",
        "use_fp16_storage",
        "use_fp16_arithmetic",
        "use_bf16_packed",
        "use_bf16_storage",
    ):
        if hasattr(net.opt, option):
            setattr(net.opt, option, False)
    stem = str(workload.ncnn_files)
    if net.load_param(f"{stem}.param") or net.load_model(f"{stem}.bin"):
        raise RuntimeError(f"{stem}: ncnn does not load it")
    samples = np.load(workload.folder / "input.npy")[0]  # the Mat below only points to it
    picture = library.Mat(samples).clone()

    def run():
        extractor = net.create_extractor()
        extractor.input("data", picture)
        status, result = extractor.extract("output")
        if status:
            raise RuntimeError(f"ncnn: extract returned {status}")
        return result

    return run


def onnxruntime(workload, threads):
    import onnxruntime as library

    options = library.SessionOptions()
    options.intra_op_num_threads = threads
    session = library.InferenceSession(
        str(workload.folder / "network.onnx"), options, providers=["CPUExecutionProvider"]
    )
    picture = np.load(workload.folder / "input.npy")
    return lambda: session.run(None, {"data": picture})[0]


def openvino(workload, threads):
    import openvino as library

    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
    }
    network = library.Core().compile_model(str(workload.folder / "network.onnx"), "CPU", settings)
    request = network.create_infer_request()
    request.set_input_tensor(library.Tensor(np.load(workload.folder / "input.npy")))

    def run():
        request.infer()
        return request.get_output_tensor().data

    return run


def torch_in(layout, workload, threads):
    import torch as library
    from peer_networks import NETWORKS

    library.set_num_threads(threads)
    library.set_num_interop_threads(1)
    with library.device("meta"):  # the weights come from the file alone
        network = NETWORKS[workload.network]()
    weights = library.load(workload.folder / "network.pt", mmap=True)
    network.load_state_dict(weights, assign=True)
    layout = getattr(library, layout)
    network = network.eval().to(memory_format=layout)
    picture = library.from_numpy(np.load(workload.folder / "input.npy"))
    picture = picture.contiguous(memory_format=layout)

    def run():
        with library.inference_mode():
            return network(picture)

    return run


def torch(workload, threads):
    return torch_in("contiguous_format", workload, threads)


def torch_channels_last(workload, threads):
    return torch_in("channels_last", workload, threads)


LOADERS = {
    "ncnn": ncnn,
    "onnxruntime": onnxruntime,
    "OpenVINO": openvino,
    "PyTorch": torch,
    "PyTorch channels_last": torch_channels_last,
}
