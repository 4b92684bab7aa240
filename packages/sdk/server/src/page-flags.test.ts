import { expect, it } from 'vitest'

import { booleanFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import { createFlagmarshal } from './connection.ts'

it('a page is given what its person is served of every flag, and asking counts nothing', async () => {
  const halved = booleanFlag('halved', {
    fallthrough: {
      allocation: {
        by: 'targetingKey',
        salt: 's',
        hash: 'murmur3',
        ranges: [{ from: 0, to: 50_000, variant: 'on' }],
      },
    },
  })
  const server = await startFlagServer([booleanFlag('plain'), halved, booleanFlag('off', { enabled: false })])
  const connection = createFlagmarshal({
    url: server.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'pages',
    layers: ['frontend'],
  })
  expect(connection.evaluateAll({ targetingKey: 'ada' })).toEqual({ targetingKey: 'ada', flags: [] })
  await connection.ready()
  expect(connection.evaluateAll({ targetingKey: 'ada' })).toEqual({
    targetingKey: 'ada',
    flags: [
      { key: 'plain', value: true, variant: 'on', reason: 'STATIC' },
      { key: 'halved', value: expect.any(Boolean), variant: expect.any(String), reason: expect.any(String) },
      { key: 'off', value: false, variant: 'off', reason: 'DISABLED' },
    ],
  })
  expect(connection.evaluateAll({}).flags[1]).toMatchObject({ errorCode: 'TARGETING_KEY_MISSING' })
  expect(connection.counts.take()).toEqual({ counts: [], errors: [], codeDefaults: [] })
  await connection.close()
  await server.stop()
})
