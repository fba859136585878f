/** A page that shows the pictures, one row for each page and one column for each view. Names are ours and need no escaping. */
export const gallery = (
  pages: readonly string[],
  views: readonly { readonly name: string; readonly viewport: { readonly width: number } }[],
): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The portal, page by page</title>
<style>
  body { margin: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #ddd; }
  h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
  .views { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1rem; }
  figure { margin: 0; } figcaption { font-size: .8rem; }
  img { display: block; width: 100%; box-shadow: 0 1px 4px #0006; }
${views.map(({ name, viewport }) => `  .${name} { width: ${viewport.width / 2}px; }`).join('\n')}
</style>
<h1>The portal, page by page</h1>
${pages.map((page) => row(page, views)).join('\n')}
</html>
`;

const row = (
  page: string,
  views: readonly { readonly name: string }[],
): string => `<h2 id="${page}">${page}</h2>
<div class="views">
${views.map(({ name }) => picture(`${page}-${name}.png`, name)).join('\n')}
</div>`;

const picture = (file: string, view: string): string =>
  `<figure class="${view}"><a href="${file}"><img src="${file}" alt="" loading="lazy"></a><figcaption>${view}</figcaption></figure>`;
