/**
 * Writes openapi.json from the table of operations. A test fails while the file differs.
 */
import { writeFile } from 'node:fs/promises'

import { openApiDocument } from '@flagmarshal/api/openapi'
import { operations } from '@flagmarshal/api/operations'

const text = `${JSON.stringify(openApiDocument(operations), undefined, 2)}\n`
await writeFile(new URL('../openapi.json', import.meta.url), text)
