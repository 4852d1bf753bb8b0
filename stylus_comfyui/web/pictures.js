// The small pictures of a node's chips: each is made once, so that nothing blinks when chips are drawn anew.

import {make} from './chip.js';

export class Pictures {
    /** @param address gives the address of a LoRA's picture */
    constructor(address) {
        this.address = address;
        this.made = new Map();
    }

    /** The picture of a LoRA, or a blank where it has none or it cannot be loaded. */
    of(name, exists) {
        const key = `${exists ? '+' : '-'}${name}`;
        if (!this.made.has(key)) this.made.set(key, exists ? this.image(name, key) : blank());
        return this.made.get(key);
    }

    image(name, key) {
        const image = make('img', 'stylus-picture', {alt: '', loading: 'lazy', decoding: 'async', draggable: false});
        image.addEventListener('error', () => {
            const instead = blank();
            this.made.set(key, instead);
            image.replaceWith(instead);
        });
        image.src = this.address(name);
        return image;
    }
}

const blank = () => make('span', 'stylus-picture stylus-blank');
