"""Scores of detections by pycocotools: cases as JSON on standard input, twelve numbers for each on standard output."""

import contextlib
import io
import json
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def scores(case):
    truth = COCO()
    truth.dataset = case["truth"]
    truth.createIndex()
    evaluation = COCOeval(truth, truth.loadRes(case["detections"]), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats.tolist()


cases = json.load(sys.stdin)
with contextlib.redirect_stdout(io.StringIO()):
    found = [scores(case) for case in cases]
json.dump(found, sys.stdout)
