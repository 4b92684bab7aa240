/**
 * The values of a page: evaluated where the page is made, carried in it, read where it is shown.
 */
/** One flag as it was evaluated; as in a bulk answer of OFREP, which may be passed on as it is. */
export type PageFlag =
  | {
      readonly key: string
      /** Whatever JSON has; absent where the caller’s own default is served. */
      readonly value?: unknown
      readonly variant: string
      readonly reason: string
    }
  | { readonly key: string; readonly errorCode: string; readonly errorDetails?: string }

/** Everything that one person is served. */
export interface PageFlags {
  /** Whom they were evaluated for: a page that has somebody else by then does not start from them. */
  readonly targetingKey?: string
  readonly flags: readonly PageFlag[]
}

const ID = 'flagmarshal-flags'

/**
 * The element that carries them, for the HTML of the page. It is data and no script, so that no policy
 * forbids it, and nothing in it can end it: `<` and the line ends of JavaScript are escaped. The
 * metadata stay behind: a page need not say who is in which arm of what.
 */
export function writeFlags({ targetingKey, flags }: PageFlags): string {
  const shown = flags.map((it) =>
    'errorCode' in it
      ? { key: it.key, errorCode: it.errorCode }
      : { key: it.key, value: it.value, variant: it.variant, reason: it.reason },
  )
  const json = JSON.stringify({ targetingKey, flags: shown }).replace(
    /[<>&\u2028\u2029]/g,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `<script type="application/json" id="${ID}">${json}</script>`
}

/** What the page carries; undefined where it carries nothing, or nothing that can be read. */
export function readFlags(page: Pick<Document, 'getElementById'> = document): PageFlags | undefined {
  try {
    const found: unknown = JSON.parse(page.getElementById(ID)?.textContent ?? '')
    return isPageFlags(found) ? found : undefined
  } catch {
    return undefined
  }
}

function isPageFlags(found: unknown): found is PageFlags {
  return typeof found === 'object' && found !== null && 'flags' in found && Array.isArray(found.flags)
}
