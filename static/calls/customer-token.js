/**
 * The token by which the site around this page vouches for its signed-in customer. It comes in the address's fragment,
 * which no server is sent and no log keeps, or as a message of the page that frames this one; only pages this server
 * allows may frame it.
 */

let token = '';

/** Take it out of the address, so that it is in no history and no shared link. */
function fromAddress() {
  const fragment = new URLSearchParams(window.location.hash.slice(1));
  const given = fragment.get('customer_token');
  if (!given) return;
  token = given;
  fragment.delete('customer_token');
  const rest = fragment.toString();
  window.history.replaceState(null, '', `${window.location.pathname}${window.location.search}${rest ? `#${rest}` : ''}`);
}

/** @param {MessageEvent} event */
function fromFrame(event) {
  if (event.source !== window.parent || window.parent === window) return;
  if (event.data?.type === 'callcenter.customer_token' && typeof event.data.token === 'string') token = event.data.token;
}

// The unit tests load the page's modules without a browser.
if (typeof window !== 'undefined') {
  fromAddress();
  window.addEventListener('hashchange', fromAddress);
  window.addEventListener('message', fromFrame);
}

/** The last one given, or an empty text. */
export function customerToken() {
  return token;
}
