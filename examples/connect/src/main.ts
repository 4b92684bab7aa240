/**
 * The smallest application behind a flag: it says what one user gets, at the start and after every
 * change, and serves that user a request a second, until it is stopped. The environment is its
 * argument, staging unless given.
 */
import process from 'node:process'

import { createFlagmarshal, runRequest } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'

const FLAG = 'new-checkout'

const [, , environment = 'staging'] = process.argv
const key = process.env['FLAGMARSHAL_SDK_KEY']
if (key === undefined) {
  console.error(
    `Set FLAGMARSHAL_SDK_KEY to a server key: npm run flagmarshal -- key create laptop -e ${environment}`,
  )
  process.exit(2)
}

const connection = createFlagmarshal({
  url: process.env['FLAGMARSHAL_URL'] ?? 'http://127.0.0.1:4860',
  key,
  environment,
  application: 'connect',
  layers: ['backend'],
  allowVerification: true,
})
await OpenFeature.setProviderAndWait(connection.provider).catch((error: unknown) => console.error(error))
const client = OpenFeature.getClient()

const ask = () => client.getBooleanDetails(FLAG, false, { targetingKey: 'ada' })
const report = async () => {
  const { value, reason, variant } = await ask()
  console.log(
    `revision ${connection.revision ?? '–'}: ada gets ${FLAG} = ${value} (${variant ?? 'no variant'}, ${reason})`,
  )
}
connection.onChange(() => void report())
await report()

const serving = setInterval(() => void runRequest(connection, ask), 1_000)
process.once('SIGINT', () => {
  clearInterval(serving)
  void OpenFeature.close()
})
