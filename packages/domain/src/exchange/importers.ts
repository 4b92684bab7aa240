/** Who reads which format: the one table that the server and the command line have in common. */
import { flagdImport } from './flagd-import.ts'
import { goffImport } from './goff/import.ts'
import { growthbookImport } from './growthbook/import.ts'
import type { Importer } from './imported.ts'
import { launchDarklyImport } from './launchdarkly/import.ts'
import { unleashImport } from './unleash/import.ts'

/** The importer of each format. */
export const IMPORTERS = {
  flagd: flagdImport,
  growthbook: growthbookImport,
  launchdarkly: launchDarklyImport,
  goff: goffImport,
  unleash: unleashImport,
} as const satisfies Readonly<Record<string, Importer>>

/** A format that is imported. */
export type ImportFormat = keyof typeof IMPORTERS
