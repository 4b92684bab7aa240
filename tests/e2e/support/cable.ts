/** A connection to a server that can be cut and mended: everything under way through it ends at once. */
import { createServer, connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Cable extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, the server's behind it. */
  readonly address: string
  cut(): void
  mend(): void
}

/** Lays one to a server at this address. */
export async function layCable(address: string): Promise<Cable> {
  const { hostname, port } = new URL(address)
  const open = new Set<Socket>()
  let whole = true
  const keep = (socket: Socket): void => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    // One end that breaks takes the other along; a test looks at what the page says.
    socket.on('error', () => undefined)
  }
  const front = createServer((near) => {
    if (!whole) return void near.destroy()
    const far = connect(Number(port), hostname)
    for (const it of [near, far]) keep(it)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => {
    front.listen(0, '127.0.0.1', resolve)
  })
  const cut = (): void => {
    whole = false
    for (const it of open) it.destroy()
  }
  return {
    address: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    cut,
    mend: () => void (whole = true),
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => {
        front.close(resolve)
      })
    },
  }
}
