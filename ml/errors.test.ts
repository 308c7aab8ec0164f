import { describe, expect, it } from 'vitest';
import { DataError, Explained, exitCodes } from './errors.ts';

class Refusal extends Explained {}

describe('an explained error', () => {
  it('carries its own name, the fix and the exit code', () => {
    const error = new Refusal('no', { fix: 'ask again', exitCode: exitCodes.usage });
    expect(error).toMatchObject({ name: 'Refusal', message: 'no', fix: 'ask again', exitCode: 2 });
    expect(error).toBeInstanceOf(Explained);
  });

  it('fails an execution unless it says otherwise', () => {
    expect(new Explained('no')).toMatchObject({ name: 'Explained', fix: undefined, exitCode: 4 });
  });

  it('about data has a fix and keeps what caused it', () => {
    const cause = new Error('ENOENT');
    const error = new DataError('train.bin is not there', 'npm run data', cause);
    expect(error).toMatchObject({ name: 'DataError', fix: 'npm run data', exitCode: 4 });
    expect(error.cause).toBe(cause);
  });
});
