/**
 * The documents' part of the composition: the git store under the data directory, and the publisher.
 */
import path from 'node:path'

import type { Config } from './config.ts'
import { createGitDocs } from './integrations/git-docs/store.ts'
import type { DocumentStore, Outgoing } from './integrations/interfaces.ts'
import { startPublisher } from './runbook/publisher.ts'
import type { PublisherParts } from './runbook/publisher.ts'

/** The store that handlers ask, and what ends the publisher. */
export interface Documents {
  readonly documents: DocumentStore
  close(): Promise<void>
}

/** Starts the publisher. */
export async function startDocuments(
  parts: Omit<PublisherParts, 'store'>,
  { config, outgoing }: { readonly config: Config; readonly outgoing: Outgoing },
): Promise<Documents> {
  const stopping = new AbortController()
  const folder = path.join(config.dataDir, 'documents')
  const documents = createGitDocs({ folder, outgoing, signal: stopping.signal })
  const publisher = await startPublisher({ ...parts, store: documents })
  return {
    documents,
    async close() {
      stopping.abort()
      await publisher.close()
    },
  }
}
