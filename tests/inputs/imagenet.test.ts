import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe } from 'vitest';
import { DecodePool } from '../../ml/data/imagenet/decode-pool.ts';
import { jpeg, smallMeta } from '../../ml/data/imagenet/files.fixture.ts';
import { type BadInput, badInputs, folderAt } from './inputs.fixture.ts';

const classes = Array.from({ length: 1000 }, (_, i) => `n${String(10_000_000 + i)}`);
const mapping = classes.map(id => `${id} a name, another name`);
const image = (i: number) => `ILSVRC2012_val_${String(i).padStart(8, '0')}.JPEG`;
const solution = [1, 2, 3].map(i => `${image(i).slice(0, -5)},${classes[i]} 1 2 3 4`);

/** Three validation images in the folders of their classes, and the list of all classes. What is in an image does not matter. */
function nested(at: string): string {
  const folder = folderAt(at, 'x');
  for (const i of [1, 2, 3]) writeFileSync(join(folderAt(folder, 'val', classes[i]!), image(i)), 'x');
  writeFileSync(join(folder, 'LOC_synset_mapping.txt'), mapping.join('\n'));
  return folder;
}

/** The same in one folder, with their labels as Kaggle gives them. */
function flat(at: string): string {
  const folder = folderAt(at, 'x');
  for (const i of [1, 2, 3]) writeFileSync(join(folderAt(folder, 'val'), image(i)), 'x');
  writeFileSync(join(folder, 'LOC_synset_mapping.txt'), mapping.join('\n'));
  writeFileSync(join(folder, 'LOC_val_solution.csv'), ['ImageId,PredictionString', ...solution].join('\n'));
  return folder;
}

const fifo = (file: string) => execFileSync('mkfifo', [file]);
const first = (folder: string) => join(folder, 'val', classes[1]!, image(1));
const devkit = (folder: string) => folderAt(folder, 'ILSVRC2012_devkit_t12', 'data');
const instead = (file: string, make: (file: string) => unknown) => {
  rmSync(file, { recursive: true, force: true });
  return make(file);
};

const elsewhere = /npm run reproduce table3 -- --weights pretrained --data <folder with val\/>$/;
const again = /fetch the file again$/;
const plan = { run: 'plan table3 --weights pretrained --store @/store --data @/x', exit: 4 };

// biome-ignore format: a table, one input a line
describe('what is named for ImageNet', () => {
  badInputs([
    { what: 'nothing', says: /^\S+\/x\/val does not exist, nor does \S+\/x\. ImageNet \(ILSVRC 2012\) is expected as\n/, fix: elsewhere },
    { what: 'a file', make: at => writeFileSync(join(at, 'x'), ''), says: /^\S+\/x is a file, not a folder\. ImageNet/, fix: elsewhere },
    { what: 'an empty folder', make: at => mkdirSync(join(at, 'x')), says: /^\S+\/x\/val does not exist\. ImageNet/, fix: elsewhere },
    { what: 'a link to nothing', make: at => symlinkSync('/nowhere', join(at, 'x')), says: /^\S+\/x(\/val)?: cannot be read, \S+\/x is a link to \/nowhere, which is not here$/, fix: /ls -ld/ },
    { what: 'a link to itself', make: at => symlinkSync('x', join(at, 'x')), says: /its links lead in a circle$/, fix: /ls -ld/ },
    { what: 'a folder that nobody may read', make: at => mkdirSync(join(at, 'x'), { mode: 0 }), asNobody: true, says: /cannot be read, permission denied$/, fix: /chmod/ },
    { what: 'the archive itself', make: at => writeFileSync(join(at, 'x'), 'ustar'), says: /is a file, not a folder/, fix: elsewhere },
    { what: 'a folder with val as a file', make: at => writeFileSync(join(folderAt(at, 'x'), 'val'), ''), says: /^\S+\/x\/val does not exist\. /, fix: elsewhere },
    { what: 'a folder with val as a link to nothing', make: at => symlinkSync('/nowhere', join(folderAt(at, 'x'), 'val')), says: /val: cannot be read, \S+\/val is a link to \/nowhere/, fix: /ls -ld/ },
    { what: 'a folder with an empty val', make: at => folderAt(at, 'x', 'val'), says: /1000 classes were expected in \S+\/x, and there are 0\. /, fix: elsewhere },
    { what: 'a folder whose val nobody may read', make: at => mkdirSync(join(folderAt(at, 'x'), 'val'), { mode: 0 }), asNobody: true, says: /val: cannot be read, permission denied$/, fix: /chmod/ },
    { what: 'images of three classes and no list of them', make: at => rmSync(join(nested(at), 'LOC_synset_mapping.txt')), says: /1000 classes were expected in \S+\/x, and there are 3\. /, fix: elsewhere },
    { what: 'folders of classes without images', make: at => rmSync(first(nested(at))) ?? [2, 3].map(i => rmSync(join(at, 'x', 'val', classes[i]!, image(i)))), says: /val holds no images\. /, fix: elsewhere },
    { what: 'the validation images for a training', make: nested, run: 'plan table3 --profile paper --store @/store --data @/x', says: /^\S+\/x\/train does not exist\. /, fix: /--data <folder with train\/ and val\/>$/ },
    { what: 'a part of the training images', make: at => { const folder = nested(at); writeFileSync(join(folderAt(folder, 'train', classes[0]!), 'a.JPEG'), 'x'); }, run: 'plan table3 --profile paper --store @/store --data @/x', says: /^\S+\/x: expected 1281167 images in train, found 1\.$/, fix: /complete the folder/ },
    { what: 'nothing, in the variable', run: 'plan table3 --profile paper --store @/store', env: { RESIDUALS_IMAGENET: '@/x' }, says: /^\S+\/x\/train does not exist, nor does/, fix: /--data <folder with train\/ and val\/>$/ },
  ], plan);
});

// biome-ignore format: a table, one input a line
describe('a list of classes', () => {
  const list = (at: string, text: string) => writeFileSync(join(nested(at), 'LOC_synset_mapping.txt'), text);
  const changed = (i: number, line: string) => mapping.map((each, place) => (place === i ? line : each)).join('\n');
  badInputs([
    { what: 'that is empty', make: at => list(at, ''), says: /LOC_synset_mapping\.txt has no class for number 1: expected a WordNet id such as n01440764, found nothing$/ },
    { what: 'of too few', make: at => list(at, mapping.slice(1).join('\n')), says: /1000 classes were expected in \S+\/x, and there are 999\. /, fix: elsewhere },
    { what: 'of too many', make: at => list(at, [...mapping, 'n99999999 another'].join('\n')), says: /and there are 1001\. /, fix: elsewhere },
    { what: 'with a class twice', make: at => list(at, changed(7, mapping[6]!)), says: /LOC_synset_mapping\.txt has n10000006 in lines 7 and 8$/ },
    { what: 'with an empty line', make: at => list(at, changed(2, '')), says: /has no class for number 3: .* found nothing$/ },
    { what: 'with names alone', make: at => list(at, changed(0, 'tench, Tinca tinca')), says: /has no class for number 1: .* found "tench,"$/ },
    { what: 'with ids of another length', make: at => list(at, changed(0, 'n1440764 tench')), says: /has no class for number 1: .* found "n1440764"$/ },
    { what: 'with an escape code', make: at => list(at, changed(4, '\u001b[31mn01440764')), says: /has no class for number 5: .* found "\\u001b\[31mn01440764"$/ },
    { what: 'of bytes', make: at => writeFileSync(join(nested(at), 'LOC_synset_mapping.txt'), Buffer.from([0xff, 0xfe, 0, 1])), says: /has no class for number 1: / },
    { what: 'in UTF-16', make: at => writeFileSync(join(nested(at), 'LOC_synset_mapping.txt'), Buffer.from(mapping.join('\n'), 'utf16le')), says: /has no class for number 1: / },
    { what: 'that is a folder', make: at => instead(join(nested(at), 'LOC_synset_mapping.txt'), mkdirSync), says: /LOC_synset_mapping\.txt: cannot be read, it is a folder, not a file$/, fix: /ls -ld/ },
    { what: 'that is a pipe', make: at => instead(join(nested(at), 'LOC_synset_mapping.txt'), fifo), says: /LOC_synset_mapping\.txt: cannot be read, it is a pipe or a device, not a file$/, fix: /ls -ld/ },
    { what: 'that is a link to nothing', make: at => instead(join(nested(at), 'LOC_synset_mapping.txt'), file => symlinkSync('/nowhere', file)), says: /LOC_synset_mapping\.txt: cannot be read, \S+ is a link to \/nowhere/, fix: /ls -ld/ },
    { what: 'that nobody may read', make: at => instead(join(nested(at), 'LOC_synset_mapping.txt'), file => writeFileSync(file, '', { mode: 0 })), asNobody: true, says: /LOC_synset_mapping\.txt: cannot be read, permission denied$/, fix: /chmod/ },
    { what: 'without the class of an image', make: at => list(at, classes.map((_, i) => `n2${String(i).padStart(7, '0')}`).join('\n')), says: /ILSVRC2012_val_00000001\.JPEG is of class n10000001, which is not among the 1000\. /, fix: elsewhere },
  ], { ...plan, fix: again });
});

// biome-ignore format: a table, one input a line
describe('the labels of validation images', () => {
  const csv = (at: string, lines: readonly string[]) => writeFileSync(join(flat(at), 'LOC_val_solution.csv'), lines.join('\n'));
  const kit = (at: string, truth: string, meta: Buffer | string = smallMeta()) => {
    const folder = flat(at);
    writeFileSync(join(devkit(folder), 'ILSVRC2012_validation_ground_truth.txt'), truth);
    writeFileSync(join(devkit(folder), 'meta.mat'), meta);
  };
  badInputs([
    { what: 'that are nowhere', make: at => rmSync(join(flat(at), 'LOC_val_solution.csv')), says: /^\S+\/x has no labels for the images in \S+\/val\. /, fix: elsewhere },
    { what: 'of Kaggle, empty', make: at => csv(at, []), says: /LOC_val_solution\.csv has no class for number 1: .* found nothing$/ },
    { what: 'of Kaggle, without one', make: at => csv(at, solution.slice(0, 2)), says: /LOC_val_solution\.csv has no class for number 3: .* found nothing$/ },
    { what: 'of Kaggle, with a class in words', make: at => csv(at, solution.map(line => line.replace(/n\d+/, 'tench'))), says: /has no class for number 1: .* found "tench"$/ },
    { what: 'of Kaggle, of training images', make: at => csv(at, ['n01440764_10026,n01440764 1 2 3 4']), says: /has no class for number 1: / },
    { what: 'of Kaggle, as a pipe', make: at => instead(join(flat(at), 'LOC_val_solution.csv'), fifo), says: /LOC_val_solution\.csv: cannot be read, it is a pipe or a device/, fix: /ls -ld/ },
    { what: 'of Kaggle, as a link to nothing', make: at => instead(join(flat(at), 'LOC_val_solution.csv'), file => symlinkSync('/nowhere', file)), says: /LOC_val_solution\.csv: cannot be read, \S+ is a link to/, fix: /ls -ld/ },
    { what: 'of the kit, that end too early', make: at => kit(at, '1\n'), says: /ground_truth\.txt has no class for number 2: .* found nothing$/ },
    { what: 'of the kit, in words', make: at => kit(at, 'tench\ntench\ntench\n'), says: /ground_truth\.txt has no class for number 1: .* found "tench"$/ },
    { what: 'of the kit, of numbers that are none of its', make: at => kit(at, '4\n1\n1\n'), says: /ground_truth\.txt has no class for number 1: .* found "4"$/ },
    { what: 'of the kit, without its meta.mat', make: at => { kit(at, '1\n1\n1\n'); rmSync(join(at, 'x', 'ILSVRC2012_devkit_t12/data/meta.mat')); }, says: /meta\.mat is missing$/, fix: /unpack ILSVRC2012_devkit_t12/ },
    { what: 'of the kit, with an empty meta.mat', make: at => kit(at, '1\n1\n1\n', ''), says: /meta\.mat cannot be used: it is not a MATLAB 5 file of a little-endian machine$/, fix: /unpack ILSVRC2012_devkit_t12/ },
    { what: 'of the kit, with a meta.mat of text', make: at => kit(at, '1\n1\n1\n', 'x'.repeat(500)), says: /meta\.mat cannot be used: it is not a MATLAB 5 file/, fix: /unpack/ },
    { what: 'of the kit, with a meta.mat cut off', make: at => kit(at, '1\n1\n1\n', smallMeta().subarray(0, 300)), says: /meta\.mat cannot be used: it is cut off$/, fix: /unpack/ },
    { what: 'of the kit, with a meta.mat of its head alone', make: at => kit(at, '1\n1\n1\n', smallMeta().subarray(0, 128)), says: /meta\.mat cannot be used: it is damaged$/, fix: /unpack/ },
    { what: 'of the kit, with bits of its meta.mat turned', make: at => { const meta = smallMeta(); meta[200]! ^= 0xff; kit(at, '1\n1\n1\n', meta); }, says: /meta\.mat cannot be used: /, fix: /unpack/ },
    { what: 'of the kit, with a meta.mat that is a folder', make: at => { kit(at, '1\n'); instead(join(at, 'x', 'ILSVRC2012_devkit_t12/data/meta.mat'), mkdirSync); }, says: /meta\.mat: cannot be read, it is a folder, not a file$/, fix: /ls -ld/ },
    { what: 'of the kit, with a meta.mat that is a link to nothing', make: at => { kit(at, '1\n'); instead(join(at, 'x', 'ILSVRC2012_devkit_t12/data/meta.mat'), file => symlinkSync('/nowhere', file)); }, says: /meta\.mat: cannot be read, \S+ is a link to/, fix: /ls -ld/ },
  ], { ...plan, fix: again });
});

// biome-ignore format: a table, one input a line
describe('an image file', () => {
  badInputs([
    { what: 'that is empty', make: at => writeFileSync(first(nested(at)), ''), says: /00000001\.JPEG is empty$/, fix: /replace the file by the one of the official archive$/ },
    { what: 'that is a link to nothing', make: at => instead(first(nested(at)), file => symlinkSync('/nowhere', file)), says: /00000001\.JPEG: cannot be read, \S+ is a link to \/nowhere, which is not here$/, fix: /ls -ld/ },
    { what: 'that is a link to itself', make: at => instead(first(nested(at)), file => symlinkSync(image(1), file)), says: /00000001\.JPEG: cannot be read, its links lead in a circle$/, fix: /ls -ld/ },
    { what: 'that is a folder', make: at => instead(first(nested(at)), mkdirSync), says: /00000001\.JPEG: expected an image file, found something else$/, fix: /ls -ld/ },
    { what: 'that is a pipe', make: at => instead(first(nested(at)), fifo), says: /00000001\.JPEG: expected an image file, found something else$/, fix: /ls -ld/ },
    { what: 'that is a device', make: at => instead(first(nested(at)), file => symlinkSync('/dev/zero', file)), says: /00000001\.JPEG: expected an image file, found something else$/, fix: /ls -ld/ },
    { what: 'in a folder that is a file', make: at => instead(join(nested(at), 'val', classes[1]!), file => writeFileSync(file, '')), says: /n10000001: cannot be read, a part of its path is a file, not a folder$/, fix: /ls -ld/ },
    { what: 'in a folder that is a link to nothing', make: at => instead(join(nested(at), 'val', classes[1]!), file => symlinkSync('/nowhere', file)), says: /n10000001: cannot be read, \S+ is a link to \/nowhere/, fix: /ls -ld/ },
    { what: 'in a folder that nobody may read', make: at => instead(join(nested(at), 'val', classes[1]!), file => mkdirSync(file, { mode: 0 })), asNobody: true, says: /n10000001: cannot be read, permission denied$/, fix: /chmod/ },
    { what: 'in a folder with a quote in its name', run: ['plan', 'table3', '--weights', 'pretrained', '--store', '@/store', '--data', "@/it's"], make: at => { nested(at); symlinkSync('x', join(at, "it's")); instead(first(join(at, 'x')), mkdirSync); }, says: /expected an image file/, fix: /ls -ld '\S+it'\\''s\/val/ },
  ], plan);
});

const pool = new DecodePool(1);
afterAll(() => pool.close());
const decode = (file: string) =>
  pool.decode({ file, shorterSide: 40, size: 32, windows: [{ down: 0.5, right: 0.5 }] });

const whole = await jpeg({ width: 75, height: 50, space: 'srgb', blue: 30 });
const as = (format: 'gif' | 'webp' | 'tiff' | 'avif') => sharp(whole).toFormat(format).toBuffer();
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/passwd"/></svg>';

// biome-ignore format: a table, one input a line
const contents: readonly (readonly [what: string, content: Buffer | string, says: RegExp])[] = [
  ['are none', '', /: Input Buffer is empty$/],
  ['are text', 'not found', /: Input buffer contains unsupported image format$/],
  ['are a page of HTML', '<!doctype html><h1>404</h1>', /unsupported image format$/],
  ['are the first of a JPEG', whole.subarray(0, 200), / cannot be decoded: \S/],
  ['are all but the last of a JPEG', whole.subarray(0, whole.length - 200), / cannot be decoded: \S/],
  ['are a GIF', await as('gif'), /: it is gif, expected JPEG$/],
  ['are a WebP', await as('webp'), /: it is webp, expected JPEG$/],
  ['are a TIFF', await as('tiff'), /: it is tiff, expected JPEG$/],
  ['are an AVIF', await as('avif'), /: it is (heif|avif), expected JPEG$/],
  ['are an SVG', svg, /: it is svg, expected JPEG$/],
  ['are a PNG of more pixels than memory', await hugePng(), / cannot be decoded: \S/],
];

// biome-ignore format: a table, one input a line
describe('the bytes of an image', () => {
  badInputs([
    ...contents.map(([what, content, says]): BadInput => ({
      what,
      make: at => writeFileSync(join(at, 'a.JPEG'), content),
      run: at => decode(join(at, 'a.JPEG')),
      exit: 4,
      says: new RegExp(`^\\S+/a\\.JPEG cannot be decoded.*${says.source.replace(/^ cannot be decoded/, '')}`),
      fix: /replace the file by the one of the official archive$/,
    })),
    { what: 'are gone', run: at => decode(join(at, 'a.JPEG')), exit: 4, says: /a\.JPEG cannot be decoded: it is gone, or a folder on the way to it is$/ },
    { what: 'are a folder', make: at => mkdirSync(join(at, 'a.JPEG')), run: at => decode(join(at, 'a.JPEG')), exit: 4, says: /a\.JPEG cannot be decoded: it is a folder, not a file$/ },
  ]);
});

/** A PNG of one pixel whose header says that there are 100,000 x 100,000. */
async function hugePng(): Promise<Buffer> {
  const pixel = { create: { width: 1, height: 1, channels: 3, background: 'red' } } as const;
  const png = await sharp(pixel).png().toBuffer();
  png.writeUInt32BE(100_000, 16);
  png.writeUInt32BE(100_000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}
