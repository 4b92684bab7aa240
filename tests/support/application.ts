/**
 * An application behind a flag, in this process: the real SDK on a connection of its own, answering
 * requests one after the other as long as it is open.
 */
import { createFlagmarshal, runRequest } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'

export interface ApplicationOptions {
  readonly address: string
  readonly key: string
  readonly environment: string
  readonly layers: readonly ('backend' | 'frontend' | 'middleware')[]
  readonly flag: string
  /** What the code gives as default; off unless given. */
  readonly codeDefault?: boolean
  readonly allowVerification?: boolean
  /** Whether it serves requests; it only stays connected otherwise. */
  readonly traffic?: boolean
}

export interface Application extends AsyncDisposable {
  readonly connection: Connection
  /** Every distinct value that its requests got. */
  readonly served: ReadonlySet<boolean>
}

const EVERY_MS = 20

/** Connects it; resolves once it has the first snapshot. */
export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const { address: url, key, environment, layers, flag } = options
  const connection = createFlagmarshal({
    url,
    key,
    environment,
    application: `shop-${layers.join('-')}`,
    layers,
    allowVerification: options.allowVerification ?? false,
  })
  await OpenFeature.setProviderAndWait(connection.instanceId, connection.provider).catch(
    async (error: unknown) => {
      await connection.close()
      throw error
    },
  )
  const client = OpenFeature.getClient(connection.instanceId)
  const served = new Set<boolean>()
  let shopper = 0
  const request = async (): Promise<void> => {
    const context = { targetingKey: `shopper-${shopper++}` }
    served.add(await client.getBooleanValue(flag, options.codeDefault ?? false, context))
  }
  // Asked once, so that the SDK knows the default of the code.
  await runRequest(connection, request)
  const timer =
    options.traffic === false ? undefined : setInterval(() => void runRequest(connection, request), EVERY_MS)
  return {
    connection,
    served,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await connection.close()
    },
  }
}
