import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fromCheckout, root } from './checkout.ts';

it('the root is where the code is', () => {
  expect(existsSync(join(root, 'package.json'))).toBe(true);
  expect(root).not.toMatch(/[/\\]$/);
});

it('a path inside the checkout is named from its root, any other as it is', () => {
  expect(fromCheckout(join(root, 'tests', 'experiments', 'tiny'))).toBe('tests/experiments/tiny');
  expect(fromCheckout('/somewhere/else')).toBe('/somewhere/else');
  expect(fromCheckout(join(root, '..', 'beside'))).toBe(join(root, '..', 'beside'));
  expect(fromCheckout(root)).toBe(root);
});
