/** The kill list: everything that is on, the loud environments first. */
import type { FlagThatIsOn } from '../storage/kill-page.ts'
import { html, NOTHING } from './html.ts'
import type { Html } from './html.ts'
import { plainPage } from './page.ts'

/** As many as a small page holds; the rest is found by searching. */
export const MOST_LISTED = 30

/** The list; `flags` may hold one more than is shown. */
export function killList(nonce: string, search: string, flags: readonly FlagThatIsOn[]): string {
  const shown = flags.slice(0, MOST_LISTED)
  const rest =
    flags.length > MOST_LISTED ? html`<p class="dim">There are more: search for what you need.</p>` : NOTHING
  const nothing = html`<p>
    ${search === '' ? 'No flag is on in any environment.' : `Nothing that is on is called “${search}”.`}
  </p>`
  return plainPage(
    nonce,
    'What is on',
    html`<form method="get" action="/k" role="search">
        <label for="q">Part of a flag’s key or name</label
        ><input type="search" id="q" name="q" value="${search}" maxlength="100" />
      </form>
      ${
        shown.length === 0
          ? nothing
          : html`<ul class="list">
              ${shown.map(row)}
            </ul>`
      }${rest}`,
  )
}

function row({ project, environment, flag, environment_name: name, protected: loud }: FlagThatIsOn): Html {
  return html`<li>
    <a href="/k/${project}/${environment}/${encodeURIComponent(flag)}"
      >${flag} <span class="chip ${loud ? 'no' : 'dim'}">${name.toUpperCase()}</span>
      <span class="dim">${project}</span></a
    >
  </li>`
}
