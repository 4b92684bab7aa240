/**
 * What the shop sells.
 */

/** One article. */
export interface Product {
  readonly sku: string
  readonly name: string
  /** Further words under which people look for it. */
  readonly tags: readonly string[]
  readonly priceCents: number
}

/** Name, price in cents, tags. The number of an article is its place in this list. */
const ARTICLES: readonly (readonly [name: string, priceCents: number, tags: string])[] = [
  ['Stoneware mug', 1490, 'coffee tea blue'],
  ['Porcelain mug', 1290, 'coffee tea white'],
  ['Enamel mug', 990, 'camping outdoor red'],
  ['Travel mug', 2490, 'coffee steel lid'],
  ['Espresso cup', 890, 'coffee porcelain white'],
  ['Tea cup', 1190, 'porcelain white saucer'],
  ['Cast iron teapot', 4990, 'tea black'],
  ['Glass teapot', 2990, 'tea strainer'],
  ['Whistling kettle', 3990, 'tea steel stove'],
  ['Gooseneck kettle', 5990, 'coffee steel pour'],
  ['French press', 3490, 'coffee glass'],
  ['Coffee grinder', 6990, 'hand steel burr'],
  ['Wine glasses', 3490, 'crystal set'],
  ['Beer glasses', 2490, 'set half litre'],
  ['Water tumbler', 690, 'recycled'],
  ['Carafe', 2790, 'water wine'],
  ['Soup bowl', 1690, 'stoneware blue'],
  ['Salad bowl', 3290, 'oak wood'],
  ['Mixing bowl', 1990, 'steel baking'],
  ['Dinner plate', 1890, 'stoneware blue'],
  ['Dessert plate', 1390, 'stoneware blue'],
  ['Serving platter', 3890, 'porcelain white'],
  ['Chef knife', 8990, 'steel kitchen'],
  ['Bread knife', 5490, 'steel serrated'],
  ['Paring knife', 2290, 'steel small'],
  ['Kitchen scissors', 1990, 'steel'],
  ['Chopping board', 3490, 'oak wood'],
  ['Rolling pin', 1790, 'beech wood baking'],
  ['Wooden spoon', 790, 'beech'],
  ['Soup ladle', 1290, 'steel'],
  ['Kitchen tongs', 1490, 'steel silicone'],
  ['Chopsticks', 990, 'bamboo set'],
  ['Cast iron pan', 5990, 'skillet black stove'],
  ['Copper pan', 12990, 'saute stove'],
  ['Stock pot', 7490, 'steel soup'],
  ['Milk pan', 2990, 'enamel white'],
  ['Baking tin', 1690, 'cake steel'],
  ['Muffin tray', 1890, 'cake baking'],
  ['Oven gloves', 1590, 'linen pair'],
  ['Linen apron', 3490, 'natural'],
  ['Tea towel', 990, 'linen striped'],
  ['Cork coasters', 890, 'set'],
  ['Beeswax candles', 1290, 'table natural'],
  ['Linen napkin', 790, 'table natural'],
  ['Table runner', 2990, 'linen'],
  ['Bread basket', 2190, 'willow'],
  ['Spice jar', 590, 'glass cork'],
  ['Salt cellar', 1490, 'oak wood'],
  ['Pepper mill', 3290, 'oak wood'],
  ['Storage jar', 1290, 'glass'],
]

/** All articles. */
export const CATALOGUE: readonly Product[] = ARTICLES.map(([name, priceCents, tags], index) => ({
  sku: `A${String(index + 1).padStart(3, '0')}`,
  name,
  tags: tags.split(' '),
  priceCents,
}))
