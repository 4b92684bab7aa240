import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { OpenFeature } from '@openfeature/server-sdk'
import { logs } from '@opentelemetry/api'
import { logs as earlierLogs } from '@opentelemetry/api-logs'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import { afterEach, describe, expect, it } from 'vitest'

import { booleanFlag, rolloutFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import { createFlagmarshal } from './connection.ts'
import { evaluationEvents } from './evaluation-events.ts'
import { createTestFlags } from './local.ts'

afterEach(async () => {
  OpenFeature.clearHooks()
  await OpenFeature.close()
})

describe('evaluationEvents', () => {
  it('tells each evaluation by the names of the semantic conventions', async () => {
    const exporter = new InMemoryLogRecordExporter()
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] })
    const server = await startFlagServer([booleanFlag('plain'), rolloutFlag('all', 100)])
    const connection = createFlagmarshal({
      url: server.url,
      key: 'fm_server_test',
      environment: 'production',
      application: 'shop',
      layers: ['backend'],
    })
    await OpenFeature.setProviderAndWait(connection.provider)
    OpenFeature.addHooks(evaluationEvents(provider.getLogger('shop')))
    const client = OpenFeature.getClient()
    await client.getBooleanValue('plain', false, { targetingKey: 'ada' })
    await client.getBooleanValue('all', false, { targetingKey: 'ada' })
    await client.getStringValue('plain', 'x', { targetingKey: 'ada' })
    await client.getObjectValue('missing', { a: 1 }, { targetingKey: 'ada' })
    await server.stop()

    const told = exporter.getFinishedLogRecords()
    expect(new Set(told.map((it) => it.eventName))).toEqual(new Set(['feature_flag.evaluation']))
    expect(told.map((it) => it.attributes)).toEqual([
      {
        'feature_flag.key': 'plain',
        'feature_flag.provider.name': 'flagmarshal',
        'feature_flag.result.reason': 'static',
        'feature_flag.result.variant': 'on',
        'feature_flag.version': '1',
      },
      {
        'feature_flag.key': 'all',
        'feature_flag.provider.name': 'flagmarshal',
        'feature_flag.result.reason': expect.any(String),
        'feature_flag.result.variant': 'on',
        'feature_flag.version': '1',
        'flagmarshal.arm': 'exposed',
        'flagmarshal.audience': expect.any(String),
        'flagmarshal.rollout.id': expect.any(String),
        'flagmarshal.rollout.attempt': 1,
      },
      {
        'feature_flag.key': 'plain',
        'feature_flag.provider.name': 'flagmarshal',
        'feature_flag.result.reason': 'error',
        'feature_flag.result.value': 'x',
        'error.type': 'type_mismatch',
        'feature_flag.error.message': expect.any(String),
        'error.message': expect.any(String),
      },
      {
        'feature_flag.key': 'missing',
        'feature_flag.provider.name': 'flagmarshal',
        'feature_flag.result.reason': 'error',
        'feature_flag.result.value': '{"a":1}',
        'error.type': 'flag_not_found',
        'feature_flag.error.message': expect.any(String),
        'error.message': expect.any(String),
      },
    ])
  })

  it('names the person only where the application says so', async () => {
    const exporter = new InMemoryLogRecordExporter()
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] })
    const flags = createTestFlags({ plain: true })
    await OpenFeature.setProviderAndWait(flags.provider)
    OpenFeature.addHooks(evaluationEvents(provider.getLogger('shop'), { contextId: true }))
    await OpenFeature.getClient().getBooleanValue('plain', false, { targetingKey: 'ada' })
    await OpenFeature.getClient().getBooleanValue('plain', false)
    expect(exporter.getFinishedLogRecords().map((it) => it.attributes['feature_flag.context.id'])).toEqual([
      'ada',
      undefined,
    ])
  })

  it('arrives at a collector by OTLP over HTTP', async () => {
    const received: string[] = []
    const collector = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        received.push(`${request.method} ${request.url} ${Buffer.concat(parts).toString('utf8')}`)
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
    // A TCP server's address is an object.
    const { port } = collector.address() as AddressInfo
    const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${port}/v1/logs` })
    const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] })
    await OpenFeature.setProviderAndWait(createTestFlags({ plain: true }).provider)
    OpenFeature.addHooks(evaluationEvents(provider.getLogger('shop')))
    await OpenFeature.getClient().getBooleanValue('plain', false)
    await provider.shutdown()
    expect(received.join()).toContain('POST /v1/logs')
    expect(received.join()).toContain('feature_flag.evaluation')
    expect(received.join()).toContain('feature_flag.key')
    collector.close()
    collector.closeAllConnections()
  })

  it('takes the loggers of both packages that have them, and costs nothing where no SDK listens', async () => {
    await OpenFeature.setProviderAndWait(createTestFlags({ plain: true }).provider)
    OpenFeature.addHooks(
      evaluationEvents(logs.getLogger('shop')),
      evaluationEvents(earlierLogs.getLogger('shop')),
    )
    expect(await OpenFeature.getClient().getBooleanValue('plain', false)).toBe(true)
  })

  it('an evaluation goes on when the logger throws', async () => {
    OpenFeature.setLogger({ error() {}, warn() {}, info() {}, debug() {} })
    await OpenFeature.setProviderAndWait(createTestFlags({ plain: true }).provider)
    OpenFeature.addHooks(
      evaluationEvents({
        emit() {
          throw new Error('full')
        },
      }),
    )
    expect(await OpenFeature.getClient().getBooleanValue('plain', false)).toBe(true)
  })
})
