/* Theme, menu of small screens, search, and a button that copies code. Everything else works without it. */
;(() => {
  const root = document.documentElement
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const chosen = () => {
    try {
      return localStorage.getItem('theme')
    } catch {
      return null
    }
  }
  const show = () => {
    root.dataset.theme = chosen() ?? (dark.matches ? 'dark' : 'light')
    const button = document.querySelector('#theme')
    button?.setAttribute('aria-pressed', String(root.dataset.theme === 'dark'))
  }
  // Before anything is drawn, so that nothing flashes.
  show()
  dark.addEventListener('change', show)

  /** The ten best places for some words: all of them must be there; a title counts more than a text. */
  function search(query) {
    const words = query
      .toLowerCase()
      .split(/\s+/)
      .filter((it) => it !== '')
    if (words.length === 0) return []
    const scored = []
    for (const [address, page, heading, text] of globalThis.searchIndex ?? []) {
      const [a, b, c] = [page.toLowerCase(), heading.toLowerCase(), text.toLowerCase()]
      let score = 0
      for (const word of words) {
        const own = (b.includes(word) ? 8 : 0) + (a.includes(word) ? 5 : 0) + (c.includes(word) ? 1 : 0)
        score = own === 0 ? Number.NaN : score + own
      }
      if (b === query.toLowerCase() || a === query.toLowerCase()) score += 20
      if (!Number.isNaN(score)) scored.push([score, address, page, heading, text])
    }
    return scored.toSorted((x, y) => y[0] - x[0]).slice(0, 10)
  }

  /** The part of a text around the first of the words, with all of them marked. */
  function excerpt(text, query) {
    const words = query
      .toLowerCase()
      .split(/\s+/)
      .filter((it) => it !== '')
    const at = Math.max(0, text.toLowerCase().indexOf(words[0] ?? '') - 40)
    const part = document.createElement('small')
    let rest = `${at > 0 ? '…' : ''}${text.slice(at, at + 140)}`
    while (rest !== '') {
      const found = words.map((it) => [rest.toLowerCase().indexOf(it), it.length]).filter(([i]) => i >= 0)
      const [i, length] = found.toSorted((x, y) => x[0] - y[0])[0] ?? [rest.length, 0]
      part.append(rest.slice(0, i))
      if (length > 0)
        part.append(Object.assign(document.createElement('mark'), { textContent: rest.slice(i, i + length) }))
      rest = rest.slice(i + length)
    }
    return part
  }

  function prepareSearch() {
    const form = document.querySelector('#search-form')
    const input = document.querySelector('#search')
    const list = document.querySelector('#found')
    const up = root.dataset.up ?? ''
    const load = () => {
      if (document.querySelector('#search-index') !== null) return
      const script = document.createElement('script')
      Object.assign(script, { id: 'search-index', src: `${up}search.js` })
      script.addEventListener('load', draw)
      document.head.append(script)
    }
    const draw = () => {
      const found = search(input.value)
      list.replaceChildren(
        ...found.map(([, address, page, heading, text]) => {
          const item = document.createElement('li')
          const link = Object.assign(document.createElement('a'), { href: `${up}${address}` })
          const title = heading === '' || heading === page ? page : `${page} › ${heading}`
          link.append(title, excerpt(text, input.value))
          item.append(link)
          return item
        }),
      )
      list.hidden = found.length === 0
      const said = found.length === 0 ? 'Nothing found' : `${found.length} found`
      document.querySelector('#count').textContent = input.value === '' ? '' : said
    }
    /** Up and down go from what is typed through what was found, and back. */
    const move = (by) => {
      const stops = [input, ...list.querySelectorAll('a')]
      const at = stops.indexOf(document.activeElement)
      stops[(at + by + stops.length) % stops.length].focus()
    }
    input.addEventListener('focus', load)
    input.addEventListener('input', draw)
    form.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown') move(1)
      else if (event.key === 'ArrowUp') move(-1)
      else if (event.key === 'Escape') {
        list.hidden = true
        input.focus()
      } else return
      event.preventDefault()
    })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      list.querySelector('a')?.click()
    })
    document.addEventListener('click', (event) => {
      if (!event.target.closest('#search-form')) list.hidden = true
    })
    document.addEventListener('keydown', (event) => {
      if (event.key !== '/' || /^(input|textarea)$/i.test(event.target.tagName ?? '')) return
      event.preventDefault()
      input.focus()
    })
  }

  function prepareCopying() {
    for (const block of document.querySelectorAll('.code')) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Copy' })
      button.setAttribute('aria-label', 'Copy this code')
      button.addEventListener('click', async () => {
        await navigator.clipboard.writeText(block.querySelector('code').textContent)
        button.textContent = 'Copied'
        setTimeout(() => (button.textContent = 'Copy'), 2_000)
      })
      block.append(button)
    }
  }

  addEventListener('DOMContentLoaded', () => {
    show()
    document.querySelector('#theme').addEventListener('click', () => {
      try {
        localStorage.setItem('theme', root.dataset.theme === 'dark' ? 'light' : 'dark')
      } catch {
        root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark'
        return
      }
      show()
    })
    const menu = document.querySelector('#menu')
    const button = document.querySelector('#open-menu')
    button.addEventListener('click', () => {
      button.setAttribute('aria-expanded', String(menu.classList.toggle('open')))
    })
    prepareSearch()
    if (navigator.clipboard !== undefined) prepareCopying()
  })
})()
