/** Search, cart and checkout of the shop's page. */
const note = document.getElementById('note')
const products = [...document.querySelectorAll('#products li')]
const forms = [...document.querySelectorAll('form[data-checkout]')]

document.getElementById('search').addEventListener('submit', async (event) => {
  event.preventDefault()
  const query = new FormData(event.target).get('q').trim()
  if (query === '')
    return show(
      products.map((it) => it.dataset.sku),
      '',
    )
  const answer = await ask('GET', `/search?q=${encodeURIComponent(query)}`)
  if (answer === undefined) return
  const found = answer.products.map((it) => it.sku)
  show(found, `${found.length} found by ${answer.by === 'index' ? 'the new search' : 'the old search'}.`)
})

document.getElementById('products').addEventListener('click', async (event) => {
  const { add } = event.target.dataset
  if (add === undefined) return
  showCart(await ask('POST', '/cart', { sku: add, quantity: 1 }))
})

for (const form of forms) form.addEventListener('submit', checkout)
showCart(await ask('GET', '/cart'))

async function checkout(event) {
  event.preventDefault()
  const form = event.target
  const fields = Object.fromEntries(new FormData(form))
  const last = form === forms.at(-1)
  const answer = await ask(last ? 'POST' : 'PUT', `/checkout/${form.dataset.checkout}`, shape(form, fields))
  if (answer === undefined) return
  form.hidden = !last
  if (!last) {
    forms[forms.indexOf(form) + 1].hidden = false
    return
  }
  note.textContent = `Thank you. Your order ${answer.number} comes to ${euros(answer.totalCents)}.`
  for (const [place, it] of forms.entries()) it.hidden = place > 0
  showCart(await ask('GET', '/cart'))
}

/** The checkout on one page sends the address inside; each step sends its own fields. */
function shape(form, { delivery, card, ...address }) {
  if (form.dataset.checkout === 'new') return { address, delivery, card }
  if (form.dataset.checkout === 'steps/address') return address
  return delivery === undefined ? { card } : { delivery }
}

function show(skus, sentence) {
  for (const it of products) it.hidden = !skus.includes(it.dataset.sku)
  note.textContent = sentence
}

function showCart(cart) {
  if (cart === undefined) return
  const lines = cart.lines.map((line) => {
    const item = document.createElement('li')
    const name = document.createElement('span')
    name.textContent = `${line.quantity} × ${line.name}`
    item.append(name, euros(line.sumCents))
    return item
  })
  document.getElementById('cart').replaceChildren(...lines)
  document.getElementById('sum').textContent =
    lines.length === 0 ? 'Nothing in it yet.' : `Together ${euros(cart.itemsCents)}, without delivery.`
}

function euros(cents) {
  return `${(cents / 100).toFixed(2)} €`
}

/** The answer, or `undefined` after saying what went wrong. */
async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch((error) => ({ ok: false, status: 0, json: async () => ({ message: String(error) }) }))
  const content = await answer.json().catch(() => ({}))
  if (answer.ok) return content
  note.textContent = `The shop answered ${answer.status}: ${content.message ?? 'no reason given'}`
  return undefined
}
