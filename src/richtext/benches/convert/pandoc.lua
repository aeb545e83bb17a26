-- Converts the documents of one file, which a form feed parts, and says how many seconds of the processor that took.
-- pandoc runs this as a filter over an empty document; what it is to do stands in the environment.
local from = os.getenv("CONVERT_FROM")
local to = os.getenv("CONVERT_TO")
local file = assert(io.open(os.getenv("CONVERT_FILE"), "r"))
local text = file:read("a")
file:close()

local documents = {}
for document in text:gmatch("[^\f]+") do
  table.insert(documents, document)
end

local function convert(document)
  return #pandoc.write(pandoc.read(document, from), to)
end

-- The first conversion sets up what all others use.
convert(documents[1]:sub(1, 200))
local start = os.clock()
local bytes = 0
for _, document in ipairs(documents) do
  bytes = bytes + convert(document)
end
io.stdout:write(string.format("%f %d\n", os.clock() - start, bytes))
return {}
