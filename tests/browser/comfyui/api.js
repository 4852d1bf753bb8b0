// Stands for ComfyUI's /scripts/api.js.
class Api extends EventTarget {
    apiURL(route) {
        return `/api${route}`;
    }

    fetchApi(route, options) {
        return fetch(this.apiURL(route), options);
    }
}

export const api = new Api();
