/** What an owner pastes, by what the website is made with. */
export const platforms = ['html', 'wordpress', 'shopify', 'react', 'gtm'] as const
export type Platform = (typeof platforms)[number]

export const platformNames: Record<Platform, string> = {
  html: 'HTML',
  wordpress: 'WordPress',
  shopify: 'Shopify',
  react: 'React or Next.js',
  gtm: 'Google Tag Manager',
}

export const platformSteps: Record<Platform, string> = {
  html: 'Paste it into every page, right before </body>.',
  wordpress:
    'Appearance → Theme File Editor → footer.php, right before </body>; or into the “Footer” field of a header-and-footer plugin.',
  shopify: 'Online Store → Themes → Edit code → theme.liquid, right before </body>.',
  react: 'Once, where your app begins: it loads the widget after the first render.',
  gtm: 'New tag → Custom HTML → paste → trigger “All Pages” → publish.',
}

export function snippetFor(platform: Platform, server: string, publicKey: string): string {
  const tag = `<script async src="${server}/widget.js" data-public-key="${publicKey}"></script>`
  if (platform === 'react') {
    return `useEffect(() => {
  const script = document.createElement('script')
  script.src = '${server}/widget.js'
  script.async = true
  script.dataset.publicKey = '${publicKey}'
  document.body.append(script)
}, [])`
  }
  if (platform === 'gtm') {
    return `<script>
  (function () {
    var script = document.createElement('script')
    script.src = '${server}/widget.js'
    script.async = true
    script.dataset.publicKey = '${publicKey}'
    document.body.appendChild(script)
  })()
</script>`
  }
  return tag
}
