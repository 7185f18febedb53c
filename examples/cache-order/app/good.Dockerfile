FROM example-base
WORKDIR /srv/app
# First what the install step needs …
COPY package.json install.sh ./
COPY vendor/ vendor/
RUN sh install.sh
# … then the rest.
COPY . .
CMD ["node", "src/server.js"]
