/**
 * The page of the shop, rendered for one visitor: which checkout is in it is decided before it is
 * sent, so that nothing flickers.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Checkout } from '../edge.ts'
import { CATALOGUE } from '../shop/catalogue.ts'
import type { Product } from '../shop/catalogue.ts'
import { formatCents } from '../shop/money.ts'

/** A file that the page loads. */
export interface Asset {
  readonly type: string
  readonly text: string
}

const files = join(import.meta.dirname, '..', '..', 'page')
const assets: ReadonlyMap<string, Asset> = new Map([
  ['/page.css', { type: 'text/css', text: readFileSync(join(files, 'page.css'), 'utf8') }],
  ['/page.js', { type: 'text/javascript', text: readFileSync(join(files, 'page.js'), 'utf8') }],
])

/** The file at a path of the page's, if there is one. */
export function assetAt(path: string): Asset | undefined {
  return assets.get(path)
}

/** The page for a visitor who gets this checkout. */
export function renderPage(checkout: Checkout): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The Kitchen Drawer</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<header>
<h1>The Kitchen Drawer</h1>
<form id="search" role="search">
<label for="query">Search</label>
<input id="query" name="q" type="search" maxlength="100" autocomplete="off">
<button>Search</button>
</form>
<p id="note" role="status"></p>
</header>
<main>
<section aria-labelledby="products-title">
<h2 id="products-title">Products</h2>
<ul id="products">${CATALOGUE.map(renderProduct).join('')}</ul>
</section>
<aside>
<h2>Cart</h2>
<ul id="cart"></ul>
<p id="sum">Nothing in it yet.</p>
<h2>Checkout</h2>
<p>You get <strong>${checkout === 'one-page' ? 'the new checkout, on one page' : 'the old checkout, in three steps'}</strong>.</p>
${checkout === 'one-page' ? ONE_PAGE : STEPS}
</aside>
</main>
</body>
</html>
`
}

const ADDRESS = `<label>Name <input name="name" required maxlength="100" autocomplete="name"></label>
<label>Street <input name="street" required maxlength="100" autocomplete="street-address"></label>
<label>Postcode <input name="postcode" required pattern="[0-9]{5}" title="five digits" autocomplete="postal-code"></label>
<label>City <input name="city" required maxlength="100" autocomplete="address-level2"></label>`

const DELIVERY = `<label>Delivery <select name="delivery">
<option value="standard">standard, free from 50 €</option>
<option value="express">express</option>
</select></label>`

const CARD = `<label>Card number (takes no money) <input name="card" required value="4242 4242 4242 4242" inputmode="numeric"></label>`

const ONE_PAGE = `<form data-checkout="new">${ADDRESS}${DELIVERY}${CARD}<button>Order</button></form>`

const STEPS = `<form data-checkout="steps/address">${ADDRESS}<button>1. To delivery</button></form>
<form data-checkout="steps/delivery" hidden>${DELIVERY}<button>2. To payment</button></form>
<form data-checkout="steps/order" hidden>${CARD}<button>3. Order</button></form>`

function renderProduct({ sku, name, priceCents }: Product): string {
  return `<li data-sku="${sku}"><span>${escapeHtml(name)}</span> <span class="price">${formatCents(priceCents)}</span> <button data-add="${sku}" aria-label="Add ${escapeHtml(name)} to the cart">Add</button></li>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (it) => `&#${it.codePointAt(0)};`)
}
