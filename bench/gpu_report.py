"""The tables of a GPU check (bench/gpu_check.sh): what report.py prints of such a file."""


def is_gpu_check(report):
    return "schema" in report and "micro" in report


def number(value, digits=1):
    """None, and what is no number, is told as such."""
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) else "?"


def baselines(report, kind, model, size):
    """{stack: ms} of a workload."""
    return {
        row["stack"]: row["ms"]
        for row in report["baselines"]
        if (row["kind"], row["model"], row["size"]) == (kind, model, size)
    }


def network_rows(report):
    """fovea's networks beside PyTorch's, the fastest of which the ratio is to."""
    stacks = sorted({row["stack"] for row in report["baselines"] if row["kind"] == "network"})
    rows = [("network", "input", "fovea", "frames/s", *stacks, "fastest / fovea")]
    for net in report["nets"]:
        others = baselines(report, "network", net["model"], net["size"])
        best = min(others.values(), default=None)
        cells = [f"{number(others.get(stack), 2)} ms" if stack in others else "" for stack in stacks]
        ratio = f"{best / net['ms']:.2f}×" if best else ""
        name = net["model"] + (" (random weights)" if net.get("random_weights") else "")
        rows.append(
            (name, net["size"], f"{number(net['ms'], 2)} ms", number(net["fps"]), *cells, ratio)
        )
    return rows


def kernel_rows(report):
    """Single layers, beside cuDNN's fastest way to do the same."""
    rows = [("layer", "kernel", "input", "time", "TFLOP/s", "of matrix ceiling", "GB/s")]
    rows[0] += ("predicted", "cuDNN", "cuDNN / fovea")
    ceiling = report["ceilings"].get("fp16_TF")
    for row in report["kernels"]:
        others = baselines(report, "layer", row["name"], row["shape"])
        best = min(others.values(), default=None)
        predicted = row.get("predicted_us")
        rows.append(
            (
                row["name"],
                row["kernel"],
                row["shape"],
                f"{number(row['us_med'])} us",
                number(row["TF"], 0),
                f"{row['TF'] / ceiling:.0%}" if ceiling else "?",
                number(row["GBs"], 0),
                f"{number(predicted)} us" if predicted else "",
                f"{number(best * 1e3)} us" if best else "",
                f"{best * 1e3 / row['us_med']:.2f}×" if best else "",
            )
        )
    return rows


def wrong(report):
    """Everything that speaks against the numbers above it."""
    lines = []
    for section, name in (("correctness", "kernel"), ("micro", "op"), ("pictures", "model")):
        bad = [row for row in report[section] if not row.get("ok")]
        if bad:
            first = ", ".join(f"{key} {value}" for key, value in bad[0].items() if key != "ok")
            lines.append(f"- {len(bad)} of {len(report[section])} checks failed in {section}; {first}")
    for row in report["sanitizer"]:
        if row["errors"] != 0:
            count = "no answer" if row["errors"] is None else f"{row['errors']} errors"
            lines.append(f"- {row['tool']}: {count}: {row.get('reason', '')}")
    lines += [f"- {row['step']}: {row['error']}" for row in report["errors"]]
    return lines


def machine_words(report):
    machine, ceilings, watched = report["machine"], report["ceilings"], report["dmon"]
    words = [machine.get("gpu", "no GPU")]
    for key, text in (
        ("driver", "driver {}"),
        ("nvcc", "CUDA {}"),
        ("torch", "PyTorch {}"),
        ("cudnn", "cuDNN {}"),
        ("power_limit_W", "{} W"),
    ):
        if machine.get(key):
            words.append(text.format(machine[key]))
    if "fp16_TF" in ceilings:
        words.append(f"matrix products of cuBLAS {ceilings['fp16_TF']:.0f} TFLOP/s")
    if "copy_GBs" in ceilings:
        words.append(f"copy {ceilings['copy_GBs']:.0f} GB/s")
    if "max_W" in watched:
        words.append(f"at most {watched['max_W']} W")
    if "mean_busy_MHz" in watched:
        words.append(f"{watched['mean_busy_MHz']} MHz on average while busy")
    sha = report["sha"][:12] + ("-dirty" if report["dirty"] else "")
    return f"{', '.join(words)}; {report['date'][:10]}, commit {sha}, `bench/gpu_check.sh`."


def table(report, aligned):
    """Markdown; `aligned` lays a table out."""
    parts = []
    for rows in (network_rows(report), kernel_rows(report)):
        if len(rows) > 1:
            parts += ["\n".join(aligned(rows)), ""]
    checked = [
        f"{len(report[name])} {words}"
        for name, words in (("correctness", "kernel cases"), ("pictures", "pictures"))
        if report[name] and all(row.get("ok") for row in report[name])
    ]
    if checked:
        parts.append(f"Right: {' and '.join(checked)}.")
    parts.append(machine_words(report))
    if lines := wrong(report):
        parts += ["", "Not measured, or wrong:", "", *lines]
    return "\n".join(parts)
