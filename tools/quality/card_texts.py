"""What the cards say of every model that was trained on one kind of pairs. A new kind's first model
brings its lines with it: limits are looked at before they are written."""

T91_AND_BSDS = (
    "T91 (91 pictures, in use since Yang et al. 2010, without a licence) and BSDS200 (the training "
    "pictures of the Berkeley Segmentation Dataset, for non-commercial research and education) "
    "less the 50 that `tools/train/val50.txt` names and the one that is also in Set5. Weights "
    "trained on them are published everywhere, and whether a picture's licence binds a network's "
    "weights is not settled: who needs certainty trains again on pictures of their own with the "
    "same command.")

MEASURED = {
    "enlarging": (
        "Luma PSNR in dB and SSIM of pictures made small by MATLAB's imresize; "
        "`tools/evaluation/README.md` tells what the conventions A and C are."),
    "restoring": (
        "PSNR of RGB samples, the mean of 50 pictures, by `tools/train/judge_damage.py`: each as it is, gray "
        "or in sepia, with marks of shapes that nothing is trained on (cracks, creases, fibres, "
        "flakes, rings; \"real film's\" are drawn shapes of daniela997/FilmDamageSimulator, which "
        "follow scans), and as it was. Inside is where a mark covers a tenth and more, outside "
        "where it covers nothing; F1 is that of the pixels of the mask above one half. A picture "
        "that comes out as it went in counts as 100 dB."),
}

RECIPE = {
    "bicubic": (
        "Small pictures by MATLAB's imresize of the pictures in five sizes, in all eight "
        "symmetries and orders of the channels. Each 3×3 kernel was trained as a sum of branches "
        "(SESR, arXiv 2103.09404), collapsed here. Loss: mean absolute error of RGB and of luma "
        "and a twentieth of the spectrum's; squared errors in the last 15 %. Adam, cosine, average "
        "of the last thousand steps."),
    "old photos": (
        "Patches of the pictures, half of them gray or in sepia, some with letters and with grain "
        "on them, which stay; three in four with scratches, hairs, dust, blots and stains of random "
        "shapes, tones and transparency. Loss: mean absolute error, twice as heavy inside the mask, "
        "squared in the last 15 %, and the cross entropy of the mask. Adam, cosine, average of the "
        "last thousand steps."),
}

DATA = {"bicubic": T91_AND_BSDS, "old photos": T91_AND_BSDS}

LIMITS = {
    "bicubic": (
        "It takes its input for clean: the traces of JPEG, noise and blur are enlarged with the "
        "picture. It was not trained to invent texture, nor on text or line art."),
}
