import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Draw } from '../backends/conformance/random.ts';
import { findPython } from '../backends/torch/python.ts';
import { area, type Box } from '../ml/detection/boxes.ts';
import { cocoScores } from '../ml/detection/coco.ts';
import type { Detection, TrueObject } from '../ml/detection/truth.ts';

const root = join(import.meta.dirname, '..');
const { command: python } = findPython();
const env = { ...process.env, PYTHONPATH: join(root, 'node_modules/.cache/pycocotools') };
const run = (args: string[], input = '') =>
  spawnSync(python, args, { env, input, encoding: 'utf8', maxBuffer: 2 ** 28 });
const isHere = run(['-c', 'import pycocotools.cocoeval']).status === 0;
if (!isHere)
  console.warn(
    `skipped: detections scored by pycocotools. To enable it: ${python} -m pip install --target node_modules/.cache/pycocotools --no-deps pycocotools==2.0.11`,
  );

const classes = ['a', 'b', 'c'];

interface Case {
  objects: TrueObject[];
  detections: Detection[];
}

/** A few images with objects of all sizes, crowds among them, and detections near them and elsewhere, with many ties. */
function generated(number: number): Case {
  const draw = new Draw(`coco ${number}`);
  const below = (count: number) => Math.min(count - 1, Math.floor(draw.uniforms(1, 0, count)[0]!));
  const side = () => [8, 16, 32, 40, 96, 120][below(6)]! + below(3);
  const boxAt = (left: number, top: number): Box => [left, top, left + side(), top + side()];
  const objects = Array.from({ length: 1 + below(8) }, (): TrueObject => {
    const box = boxAt(below(100), below(100));
    const ofMask = below(2) === 0 ? { area: area(box) / 2 } : {};
    return { image: 1 + below(4), class: classes[below(3)]!, box, crowd: below(6) === 0, ...ofMask };
  });
  const detections = Array.from({ length: 1 + below(below(20) === 0 ? 150 : 14) }, (): Detection => {
    const near = objects[below(objects.length)]!;
    const isNear = below(4) > 0;
    const box = isNear
      ? (near.box.map((edge, i) => edge + (i > 1 ? 1 : -1) * below(6)) as unknown as Box)
      : boxAt(below(100), below(100));
    const of = isNear && below(5) > 0 ? near : { image: 1 + below(4), class: classes[below(3)]! };
    return { image: of.image, class: of.class, score: below(8) / 8, box };
  });
  return { objects, detections };
}

/** As COCO's files have it. */
function written({ objects, detections }: Case) {
  const bbox = ([left, top, right, bottom]: Box) => [left, top, right - left, bottom - top];
  const category = (name: string) => 1 + classes.indexOf(name);
  return {
    truth: {
      images: [1, 2, 3, 4].map(id => ({ id })),
      categories: classes.map(name => ({ id: category(name), name })),
      annotations: objects.map(({ image, class: name, box, crowd, area: own = area(box) }, i) => {
        const of = { image_id: image, category_id: category(name) };
        return { id: i + 1, ...of, bbox: bbox(box), area: own, iscrowd: Number(crowd) };
      }),
    },
    detections: detections.map(({ image, class: name, score, box }) => {
      return { image_id: image, category_id: category(name), score, bbox: bbox(box) };
    }),
  };
}

it.skipIf(!isHere)('a thousand generated cases have the scores of pycocotools', { timeout: 300_000 }, () => {
  const cases = Array.from({ length: 1000 }, (_, i) => generated(i));
  const { stdout, stderr, status } = run(
    [join(import.meta.dirname, 'pycocotools-scores.py')],
    JSON.stringify(cases.map(written)),
  );
  expect(status, stderr).toBe(0);
  const expected = JSON.parse(stdout) as number[][];
  for (const [i, { objects, detections }] of cases.entries()) {
    const found = Object.values(cocoScores(detections, objects, classes)).map(value => value ?? -1);
    for (const [j, value] of expected[i]!.entries())
      expect(Math.abs(found[j]! - value), `case ${i}, number ${j}: ${found[j]} for ${value}`).toBeLessThan(
        1e-9,
      );
  }
});
