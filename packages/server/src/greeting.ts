/** What a start tells the person who looks at it: where the server is, and what to do next. */
import path from 'node:path'

const LOCAL = 'http://127.0.0.1:4860'

/** What there is to tell: where the administrator's token is kept, unless the settings gave it, and the set-up link's secret. */
interface Started {
  readonly bootstrapTokenFile: string | undefined
  readonly setUpSecret: string | undefined
  readonly grpcAddress: () => string | undefined
}

/** The text of the first screen. */
export function greeting(
  address: string,
  { bootstrapTokenFile: tokenFile, setUpSecret, grpcAddress }: Started,
): string {
  const token = tokenFile === undefined ? '$FLAGMARSHAL_BOOTSTRAP_TOKEN' : `$(cat ${shown(tokenFile)})`
  // Commands find the usual address by themselves.
  const server = address === LOCAL ? '' : `FLAGMARSHAL_SERVER=${address} `
  return `
Flagmarshal runs at ${address}
${grpcAddress() === undefined ? '' : `flagd's providers stream from ${grpcAddress()} (gRPC)\n`}${
    setUpSecret === undefined
      ? ''
      : `
Nobody can sign in yet. Set up the first administrator, once, at
  ${address.replace(/\/+$/, '')}/set-up#${setUpSecret}

`
  }The administrator's token is in ${tokenFile ?? 'FLAGMARSHAL_BOOTSTRAP_TOKEN'}

Next, in another terminal:
  export ${server}FLAGMARSHAL_TOKEN=${token} FLAGMARSHAL_PROJECT=shop
  npm run flagmarshal -- project create shop

From there README.md, "Five minutes", and docs/walkthrough.md go on.
`
}

/** The text of the first screen of an edge. */
export function greetEdge(address: string, upstream: string): string {
  return `
Flagmarshal runs at ${address}

It is an edge of ${upstream}: applications and browsers connect here with the keys that they have.
${address}/readyz says what it serves and how old that is.
`
}

/** The shorter way to write a path: from here, or from the root. */
function shown(file: string): string {
  const relative = path.relative('', file)
  return relative.startsWith('..') ? file : relative
}
