/**
 * The optional second port: gRPC, with or without TLS.
 */
import { readFile } from 'node:fs/promises'

import { Server, ServerCredentials } from '@grpc/grpc-js'

import type { Config } from '../config.ts'
import { StartFailure } from '../start-failure.ts'
import { flagSyncDefinition, flagSyncService } from './flag-sync.ts'
import type { FlagSyncParts } from './flag-sync.ts'

/** A server that listens. */
export interface GrpcListener {
  /** Where it listens, like `127.0.0.1:8015`. */
  readonly address: string
  /** Ends every stream, so that clients connect to another server, and stops. */
  close(): Promise<void>
}

/** Proxies close what is silent; a client that went away without a word is noticed by the same. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 10_000 }

/** Starts to listen, where a port is set. Throws a StartFailure for what the operator can put right. */
export async function startGrpc(parts: FlagSyncParts, config: Config): Promise<GrpcListener | undefined> {
  const { grpcPort, host } = config
  if (grpcPort === undefined) return undefined
  const server = new Server(KEEPALIVE)
  server.addService(flagSyncDefinition, flagSyncService(parts))
  const at = `${host.includes(':') ? `[${host}]` : host}:${grpcPort}`
  const credentials = await credentialsOf(config)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(at, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  ).catch((error: unknown) => {
    const sentence = `The gRPC port ${at} cannot be used: set FLAGMARSHAL_GRPC_PORT to a free one.`
    throw new StartFailure(sentence, { cause: error })
  })
  return {
    address: at.replace(/\d+$/, String(port)),
    async close() {
      server.forceShutdown()
    },
  }
}

async function credentialsOf({ grpcCertificate, grpcPrivateKey }: Config): Promise<ServerCredentials> {
  if (grpcCertificate === undefined && grpcPrivateKey === undefined) return ServerCredentials.createInsecure()
  if (grpcCertificate === undefined || grpcPrivateKey === undefined)
    throw new StartFailure('FLAGMARSHAL_GRPC_CERTIFICATE and FLAGMARSHAL_GRPC_PRIVATE_KEY go together.')
  const [chain, key] = await Promise.all([
    read(grpcCertificate, 'FLAGMARSHAL_GRPC_CERTIFICATE'),
    read(grpcPrivateKey, 'FLAGMARSHAL_GRPC_PRIVATE_KEY'),
  ])
  return ServerCredentials.createSsl(null, [{ cert_chain: chain, private_key: key }])
}

async function read(file: string, setting: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new StartFailure(`${setting} names a file that cannot be read.`, { cause: error })
  }
}
