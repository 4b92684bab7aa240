/** What an agent may read by address. */
import { ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'

import type { Session } from '../session.ts'
import { addressOf } from './run.ts'

const JSON_TYPE = 'application/json'

export function addResources(server: McpServer, session: Session): void {
  const features = new ResourceTemplate('flagmarshal://feature/{feature}', {
    async list() {
      const { items } = await session.call('listFeatures', { params: { project: session.project() } })
      return {
        resources: items.map((it) => ({
          uri: `flagmarshal://feature/${it.key}`,
          name: it.key,
          title: it.name,
          mimeType: JSON_TYPE,
        })),
      }
    },
  })
  const ofFeature = {
    title: 'The run of a feature',
    description: 'Inputs, steps, approvals, what blocks it.',
  }
  server.registerResource(
    'feature',
    features,
    { ...ofFeature, mimeType: JSON_TYPE },
    async (uri, { feature }) =>
      asJson(uri, await session.call('showRun', { params: await addressOf(session, String(feature)) })),
  )
  const procedure = { title: 'The procedure', description: 'Inputs, steps, checks, deciders, exit states.' }
  const address = 'flagmarshal://schema/procedure'
  server.registerResource('procedure', address, { ...procedure, mimeType: JSON_TYPE }, async (uri) =>
    asJson(uri, await session.call('showProcedure', { params: { procedure: 'feature-flag-rollout' } })),
  )
  const api = { title: 'The API', description: 'OpenAPI 3.1, with the schema of every input and output.' }
  server.registerResource(
    'openapi',
    'flagmarshal://schema/openapi',
    { ...api, mimeType: JSON_TYPE },
    async (uri) => asJson(uri, await session.call('getOpenApi')),
  )
}

function asJson(uri: URL, value: unknown) {
  return { contents: [{ uri: uri.href, mimeType: JSON_TYPE, text: JSON.stringify(value, null, 2) }] }
}
