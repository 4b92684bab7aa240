/**
 * A TCP proxy on a free port whose target changes: how a database fails over to another machine
 * under the same name. What was open to the old target is cut.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** How many connections were asked for so far. */
  readonly asked: number
  /** New connections go there; those that are open are cut. */
  turnTo(port: number): void
}

/** Listens, and passes everything on. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const open = new Set<Socket>()
  let target = port
  let asked = 0
  const server = createServer((incoming) => {
    asked += 1
    const outgoing = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    incoming.pipe(outgoing).pipe(incoming)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    // A server that listens on TCP has an address object.
    port: (server.address() as AddressInfo).port,
    get asked() {
      return asked
    },
    turnTo(next) {
      target = next
      cut()
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}
