import type { JsonSchema } from '../../../ml/schema.ts';
import { type ClaimsFile, claimsSchema } from './claims.ts';
import { type CurvesFile, curvesSchema } from './curves.ts';
import { type ExperimentFile, experimentSchema } from './experiment.ts';
import { type ManifestFile, manifestSchema } from './manifest.ts';
import { type PaperFile, paperSchema } from './paper.ts';
import { type ProtocolFile, protocolSchemaOf } from './protocol.ts';

/** What the files of an experiment hold, by kind. */
export interface Files {
  /** paper.yaml */
  experiment: ExperimentFile;
  manifest: ManifestFile;
  protocol: ProtocolFile;
  /** paper.json */
  paper: PaperFile;
  /** curves.json */
  curves: CurvesFile;
  /** claims.yaml */
  claims: ClaimsFile;
}

/** The schema of a file of each kind; that of a protocol depends on its task. */
export const schemas: { readonly [K in keyof Files]: (data: unknown) => JsonSchema } = {
  experiment: () => experimentSchema,
  manifest: () => manifestSchema,
  protocol: protocolSchemaOf,
  paper: () => paperSchema,
  curves: () => curvesSchema,
  claims: () => claimsSchema,
};
